import { describe, expect, it } from "vitest";
import { nodeFunction, runsHere } from "../../support/nodeFunctions";

/** What yum and dnf answer, and what the program makes of it. The lab's nodes have dnf 4; yum 3 is here, by its own source (cli.py, yummain.py, output.py). */

/** yum 3.4.3 of CentOS 7, asked with --assumeno. */
const YUM_3 = `Loaded plugins: fastestmirror
Loading mirror speeds from cached hostfile
Resolving Dependencies
--> Running transaction check
---> Package openstack-nova-spicehtml5proxy.noarch 1:13.1.4-1.el7 will be installed
--> Finished Dependency Resolution

Dependencies Resolved

================================================================================
 Package                           Arch      Version            Repository
                                                                           Size
================================================================================
Installing:
 openstack-nova-spicehtml5proxy    noarch    1:13.1.4-1.el7     openstack  16 k
 spice-html5                       noarch    0.1.7-1.el7        epel      119 k
     replacing  spice-client-web.noarch 0.1.2-1.el7
Installing for dependencies:
 python-websockify-of-a-very-long-name-that-does-not-fit
                                   noarch    0.8.0-1.el7        openstack  68 k
Updating for dependencies:
 openstack-nova-common             noarch    1:13.1.4-1.el7     openstack 5.0 M
Removing for dependencies:
 old-thing                         x86_64    1.0-1.el7          @base      20 k

Transaction Summary
================================================================================
Install  2 Packages (+1 Dependent package)
Upgrade             ( 1 Dependent package)
Remove              ( 1 Dependent package)

Total download size: 5.2 M
Exiting on user command
Your transaction was saved, rerun it with:
 yum load-transaction /run/work/yum_save_tx.2026-11-22.20-00.AbCdEf.yumtx
`;

/** dnf 4.14 of RHEL 9. */
const DNF_4 = `Last metadata expiration check: 0:00:07 ago on Sun Nov 22 20:12:39 2026.
Dependencies resolved.
================================================================================
 Package                            Arch       Version            Repo     Size
================================================================================
Installing:
 openstack-nova-spicehtml5proxy     noarch     1:27.2.0-2.el9     rdo     7.2 k
Upgrading:
 openstack-nova-common              noarch     1:27.2.0-2.el9     rdo     100 k
Installing dependencies:
 novnc                              noarch     1.3.0-1.el9        rdo     100 k
Downgrading:
 python3-nova                       noarch     1:27.2.0-2.el9     rdo     5.5 k
Reinstalling:
 spice-html5                        noarch     0.3.0-1.el9        copr    465 k

Transaction Summary
================================================================================
Install    2 Packages
Upgrade    1 Package

Total size: 120 k
Operation aborted.
`;

describe.skipIf(!runsHere)("what yum and dnf would do", () => {
  it("is read from yum 3's table: what is new with its version, and what would be touched", () => {
    expect(nodeFunction("dnf/simulated", { output: YUM_3 })).toEqual([
      "install openstack-nova-spicehtml5proxy 1:13.1.4-1.el7",
      "install spice-html5 0.1.7-1.el7",
      "harm spice-client-web (replaced)",
      "install python-websockify-of-a-very-long-name-that-does-not-fit 0.8.0-1.el7",
      "harm openstack-nova-common (upgraded)",
      "harm old-thing (removed)",
    ]);
  });

  it("is read from dnf 4's table", () => {
    expect(nodeFunction("dnf/simulated", { output: DNF_4 })).toEqual([
      "install openstack-nova-spicehtml5proxy 1:27.2.0-2.el9",
      "harm openstack-nova-common (upgraded)",
      "install novnc 1.3.0-1.el9",
      "harm python3-nova (downgraded)",
      "harm spice-html5 (installed again)",
    ]);
  });

  it.each([
    [
      "a package that dnf does not find",
      "No match for argument: a\nNo match for argument: b\nError: Unable to find a match: a b\n",
      "Error: Unable to find a match: a b",
    ],
    [
      "a package that yum 3 does not find",
      "Loaded plugins: x\nNo package a available.\nError: Nothing to do\n",
      "No package a available.",
    ],
    [
      "packages that do not go together",
      "Error: \n Problem: conflicting requests\n  - nothing provides x\n  - nothing provides y\n(try to add '--skip-broken')\n",
      "Problem: conflicting requests; nothing provides x; nothing provides y",
    ],
    [
      "another yum 3",
      "Loaded plugins: x\nExisting lock /var/run/yum.pid: another copy is running as pid 66.\n",
      "Existing lock /var/run/yum.pid: another copy is running as pid 66.",
    ],
    [
      "another dnf",
      "metadata already locked by 66\n  The application with PID 66 is: dnf\n",
      "metadata already locked by 66",
    ],
    ["words of no known kind", "one\ntwo\n\n", "two"],
  ])("or why not: %s", (_, output, reason) => {
    expect(nodeFunction("dnf/reason", { output })).toBe(reason);
  });
});

describe.skipIf(!runsHere)("asking yum", () => {
  const packages = ["a", "b"];
  const wanted = ["openstack-nova-spicehtml5proxy", "spice-html5"];

  it("to simulate succeeds where it aborts at the question, with every wanted package in its table", () => {
    expect(nodeFunction("dnf/simulate", { status: 1, output: YUM_3, wanted, packages })).toEqual({
      counts: 0,
      asked: [
        "--color=never --setopt=exit_on_lock=1 --assumeno --setopt=alwaysprompt=1 --setopt=install_weak_deps=0 --setopt=strict=1 install a b",
      ],
    });
  });

  it("fails where it passed over one of them, as yum 3 does", () => {
    const more = [...wanted, "other"];
    expect(nodeFunction("dnf/simulate", { status: 1, output: YUM_3, wanted: more, packages }).counts).toBe(1);
  });

  it("fails where it ends well without a question, as where there is nothing to do", () => {
    const output = "Nothing to do.\n";
    expect(nodeFunction("dnf/simulate", { status: 0, output, wanted, packages }).counts).toBe(1);
  });

  it.each([
    ["dnf", 200, "metadata already locked by 66\n"],
    [
      "yum 3",
      1,
      "Existing lock /var/run/yum.pid: another copy is running as pid 66.\n\n\nAnother app is currently holding the yum lock; exiting as configured by exit_on_lock\n",
    ],
  ])(
    "is asked again while another %s has the lock, and given up with 200 at the end of the wait",
    (_, status, output) => {
      const { counts, asked } = nodeFunction("dnf/simulate", { status, output, wanted, packages, rounds: 3 });
      expect([counts, asked.length]).toEqual([200, 3]);
    },
  );

  it("is ended where it does not come to an end", () => {
    const { said, counts } = nodeFunction("dnf/hangs", {});
    expect(said).toMatch(/^Error: .*\/yum did not end within 1 s$/);
    expect(counts).toBe(124);
  });
});

describe.skipIf(!runsHere)("the platform of a node", () => {
  it.each([
    ["centos", "7", "CentOS 7"],
    ["rhel", "7.9", "CentOS 7"],
    ["centos", "8", "RHEL 8 and its likes"],
    ["rocky", "9.4", "RHEL 9 and its likes"],
    ["almalinux", "10.1", "RHEL 10 and its likes"],
    ["debian", "12", "Debian 12"],
    ["ubuntu", "24.04", "Ubuntu 24.04"],
    ["ubuntu", "24.10", undefined],
    ["rocky", "90", undefined],
    ["debian", "", undefined],
    ["fedora", "40", undefined],
  ])("%s %s is %s", (id, version, name) => {
    expect(nodeFunction("platform/find", { id, version })).toBe(name ?? "");
  });
});

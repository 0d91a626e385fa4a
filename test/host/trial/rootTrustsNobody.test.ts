import { beforeAll, describe, expect, it } from "vitest";
import { nodeForTests } from "../../support/nodeForTests";
import { controllerDocument } from "../support/documents";
import { testProgram } from "../support/injection";
import { converge, runVerb } from "../support/program";
import { snapshot } from "../support/snapshot";

/**
 * What the user nova, who owns /etc/nova, /var/lib/nova and /var/log/nova, and what any other user can do on a node gets nothing from root: rows D12 to D19
 * of the trial. D16 is a compute's, and in computes.test.ts; D18 is who reads the report's.
 */

const NAME = "t-trust";
const CONF = "/etc/nova/nova.conf";
const UNIT_FOLDER = "/etc/systemd/system/nova-spicehtml5proxy.service.d";
const document = controllerDocument(NAME);
const error = (text: string) => `openstack-spice: error: ${NAME}: ${text}\n`;

/** As the user nova. */
const byNova = (script: string) => `runuser -u nova -- sh -c '${script}'`;

/** Code that shows as whom it ran. */
const TELLTALE = `import os; open("/tmp/ran-as-%d" % os.getuid(), "w")`;

/** Code of nova's wherever an interpreter that root starts might look for some. */
const PLANTED = `set -e
site=$(runuser -u nova -- python3 -c 'import site; print(site.getusersitepackages())' | sed "s,^.*/.local,/var/lib/nova/.local,")
runuser -u nova -- sh -c "mkdir -p $site /var/lib/nova/json"
for file in $site/telltale.pth $site/usercustomize.py /var/lib/nova/oslo_config.py /var/lib/nova/json/__init__.py /etc/nova/oslo_config.py; do
  echo '${TELLTALE}' | runuser -u nova -- tee $file >/dev/null
done
for file in .bashrc .profile .bash_profile; do echo 'touch /tmp/ran-as-$(id -u)' | runuser -u nova -- tee /var/lib/nova/$file >/dev/null; done`;

/** Puts, as nova, a link to root's secret in the place of what is on its way to be nova.conf. */
const RACE = byNova("cd /etc/nova; for f in nova.conf.openstack-spice.*; do mv $f taken; ln -s /root/secret $f; done");

/** A process with a name that a terminal would obey: escape sequences in seven and eight bits, a bell, line ends, an override of the text's direction. */
const LISTENER = `
import os
name = ("x\\x1b]0;taken\\x07\\x1b[2J\\r\\n\\x9b31m\\u202e" + "y" * 5000).encode("utf-8") + b"\\xff"
code = "socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(6082, INADDR_ANY)) or die; listen(S, 5); sleep"
os.execv("/usr/bin/perl", [name, "-MSocket", "-e", code])
`;

describe("a controller with users that root does not trust", () => {
  const node = nodeForTests(NAME, "proxy");
  beforeAll(async () => {
    await node.read(
      `echo of-root-alone >/root/secret; chmod 600 /root/secret; cp -a ${CONF} /root/nova.conf; chmod 1777 /tmp`,
    );
  });
  const secret = async () => await node.read("stat -c '%U %a %h' /root/secret; cat /root/secret");
  const untouched = "root 600 1\nof-root-alone\n";

  it("a file of nova's in the place of a new nova.conf is not written through, and not taken for ours (D13)", async () => {
    const program = testProgram({
      at: [{ point: "publish-nova-conf", when: "before", run: RACE }],
      without: ["watchdog"],
    });
    // And while it is written, where a program has cp do that.
    await node.read(
      "cat >/usr/local/sbin/cp && chmod +x /usr/local/sbin/cp",
      `#!/bin/sh\n${RACE}\nexec /bin/cp "$@"\n`,
    );
    const { status, stderr } = await converge(node, document, { program });
    await node.read("rm /usr/local/sbin/cp");
    expect(await secret()).toBe(untouched);
    expect([status, stderr.split("\n")[0]]).toEqual([
      1,
      error(`${CONF} was edited by someone else during this run. Run again`).trimEnd(),
    ]);
    expect(stderr).toContain(
      `${CONF} leads over the symbolic link 'nova.conf', which is not root's: whoever made it could point it at any file`,
    );
    expect(await node.read(`readlink ${CONF}`)).toBe("/root/secret\n");
    // What nova took away is its own to put back; then the next run goes on.
    await node.read(`rm -f ${CONF} /etc/nova/taken; cp -a /root/nova.conf ${CONF}`);
    const again = await converge(node, document);
    expect([again.status, again.stderr]).toEqual([
      0,
      `openstack-spice: ${NAME}: an earlier run was interrupted; putting back what it had changed\n`,
    ]);
    expect((await node.run("openstack-spice revert controller")).status).toBe(0);
    expect(await node.read(`cmp ${CONF} /root/nova.conf; ls /etc/nova | grep -c openstack-spice || :`)).toBe("0\n");
  });

  it("code of nova's in its home, its folders and its shell's files is not run by root (D12)", async () => {
    await node.where(
      PLANTED,
      "rm -rf /var/lib/nova/.local /var/lib/nova/*.py /var/lib/nova/json /etc/nova/*.py /var/lib/nova/.[bp]*; rm -f /tmp/ran-as-*",
      async () => {
        for (const user of ["root", "ops"]) {
          expect((await converge(node, document, { user })).status).toBe(0);
        }
        expect((await runVerb(node, "check", document)).status).toBe(0);
        expect((await node.run("openstack-spice status")).status).toBe(0);
        expect((await node.run("openstack-spice revert controller")).status).toBe(0);
        // As nova itself, whose service was started, it ran.
        expect(await node.read("cd /tmp; ls -d ran-as-* | sed s/$(id -u nova)/nova/")).toBe("ran-as-nova\n");
      },
    );
  });

  it("locks of nobody's on all that it can open of ours hold up no run (D14)", async () => {
    const lock = `
import fcntl, os, subprocess
held = []
for path in ["/run/lock/openstack-spice.lock", "/run/lock/openstack-spice.callers.lock", "/run/openstack-spice-lock", "/run/openstack-spice-callers-lock",
             "/run", "/run/lock", "/var/lib", "/usr/local/sbin", "/usr/local/sbin/openstack-spice", "/var/log/openstack-spice.log", "/etc/nova"]:
    for flags in (os.O_RDONLY, os.O_RDONLY | os.O_CREAT):
        try:
            held.append(os.open(path, flags, 0o666))
            fcntl.flock(held[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError:
            pass
open("/tmp/held", "w")
import time
time.sleep(1e6)
`;
    const holder = "cat >/tmp/lock.py; rm -f /tmp/held; systemd-run -q --unit=holder --uid=nobody python3 /tmp/lock.py";
    await node.read(holder, lock);
    try {
      await node.until("[ -e /tmp/held ]", 20);
      const program = testProgram({ limits: { lockWait: 3 } });
      expect((await converge(node, document, { program })).status).toBe(0);
      expect((await node.run("openstack-spice revert controller")).status).toBe(0);
    } finally {
      await node.read("systemctl stop holder; rm -f /tmp/held /run/lock/openstack-spice*");
    }
  });

  it.each([
    ["a FIFO", "mkfifo $L"],
    ["a link to a file of root's", "ln -s /root/secret $L"],
    ["a second name of a file of root's, where the kernel allows that", "ln /root/secret $L 2>/dev/null || :"],
    ["a folder", "mkdir $L"],
    ["a file of a terabyte", "truncate -s 1T $L"],
  ])(
    "a log that nova makes %s, as its service starts, is not read as root, and nothing waits for it (D15)",
    async (_, make) => {
      const log = "/var/log/nova/nova-spicehtml5proxy.log";
      const script = "/srv/make-log";
      const before = await snapshot(node);
      await node.where(
        `printf '%s\\n' 'L=${log}; rm -rf $L; ${make}' >${script}
         mkdir -p ${UNIT_FOLDER}; printf '[Service]\\nExecStartPre=+/bin/touch /root/secret\\nExecStartPre=/bin/sh ${script}\\nExecStartPre=/bin/false\\n' >${UNIT_FOLDER}/site.conf
         systemctl daemon-reload`,
        `rm -rf ${log} ${script} ${UNIT_FOLDER}; systemctl daemon-reload`,
        async () => {
          const started = performance.now();
          const { status, stderr } = await converge(node, document);
          expect(stderr).not.toContain("of-root-alone");
          expect([status, stderr.split("\n").at(-2)]).toEqual([1, `openstack-spice: ${NAME}: the node is as it was`]);
          expect(performance.now() - started).toBeLessThan(60_000);
        },
      );
      expect(await snapshot(node)).toEqual(before);
      expect(await node.read("cat /root/secret")).toBe("of-root-alone\n");
    },
  );

  it.each([
    ["a FIFO", "mkfifo nova.conf", `${CONF} is not readable, or empty. Mend it, and run again`],
    [
      "a link of its own to a file of root's",
      "ln -s /root/secret nova.conf",
      `${CONF} leads over the symbolic link 'nova.conf', which is not root's: whoever made it could point it at any file. Put a file in its place, or let root make the link, and run again`,
    ],
    [
      "a link of its own to a file of its own",
      "cp taken mine; ln -s mine nova.conf",
      `${CONF} leads over the symbolic link 'nova.conf', which is not root's: whoever made it could point it at any file. Put a file in its place, or let root make the link, and run again`,
    ],
    ["a file of a terabyte", "truncate -s 1T nova.conf", `${CONF} is not readable, or empty. Mend it, and run again`],
    ["a folder", "mkdir nova.conf", `${CONF} is not readable, or empty. Mend it, and run again`],
  ])("a nova.conf that nova made %s is refused at once (D13, D15)", async (_, make, message) => {
    await node.where(
      byNova(`cd /etc/nova; mv nova.conf taken; ${make}`),
      `cd /etc/nova; rm -rf nova.conf mine taken; cp -a /root/nova.conf ${CONF}`,
      async () => {
        const started = performance.now();
        expect(await converge(node, document)).toEqual({ status: 3, stdout: "", stderr: error(message) });
        expect(performance.now() - started).toBeLessThan(30_000);
        expect(await secret()).toBe(untouched);
      },
    );
  });

  it("what a process of nobody's is called reaches the operator as printable text, in a line of at most 1,000 characters (D17)", async () => {
    await node.read(
      "cat >/tmp/listener.py; systemd-run -q --unit=thief --uid=nobody python3 /tmp/listener.py",
      LISTENER,
    );
    try {
      await node.until("ss -Hltn | grep -q ':6082 '", 20);
      const { status, stderr } = await converge(node, document);
      expect(status).toBe(3);
      const [line = "", ...rest] = stderr.split("\n");
      expect(rest).toEqual([""]);
      expect(line).toMatch(
        /^openstack-spice: error: t-trust: TCP 6082 is held by another program: x\?\]0;taken\?\?\[2J {2}\?31m\?y{200,} \.\.\. \(pid \d+, on 0\.0\.0\.0\)\. Stop it, or choose another port$/u,
      );
      expect(line).toMatch(/^[\u0020-\u007e]{1,1000}$/u);
    } finally {
      await node.read("systemctl stop thief");
    }
  });

  it.each([
    "$(touch${IFS}/run/taken)",
    "fe80::%$(touch${IFS}/run/taken)/64",
    "203.0.113.0/24;touch${IFS}/run/taken",
    "::ffff:192.0.2.0/120",
  ])(
    "a source that is no block of addresses, %s, is refused before anything is made of it (D19, D27)",
    async (source) => {
      const before = await snapshot(node);
      const sound = controllerDocument(NAME, { allowedSources: ["203.0.113.0/24"], dropOtherSources: true });
      await node.where("mv /usr/sbin/nft /root/nft", "mv /root/nft /usr/sbin/nft", async () => {
        const { status, stdout } = await converge(node, sound.replace("203.0.113.0/24", source));
        const taken = await node.read("ls /run/taken 2>/dev/null || echo none");
        expect({ status, stdout, taken }).toEqual({ status: 2, stdout: "", taken: "none\n" });
      });
      expect(await snapshot(node)).toEqual(before);
    },
  );
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LabNode } from "../support/lab";
import { computeDocument } from "./support/documents";
import { type At, testProgram } from "./support/injection";
import { converge, lines, runVerb } from "./support/program";
import { snapshot } from "./support/snapshot";

/**
 * A compute that refuses, or is postponed, before its first change. libvirt, its guest and the jobs on it are real; in the place of nova-compute, which
 * would want a control plane, runs a process with its arguments, as its unit's.
 */

const NAME = "g-compute";
const GUEST = "5b1ce000-0000-4000-8000-00000000000a";
const document = computeDocument(NAME);
const error = (text: string) => lines(`openstack-spice: error: ${NAME}: ${text}`);
const say = (text: string) => lines(`openstack-spice: ${NAME}: ${text}`);

/** The program up to the last check. */
const afterTheChecks: At = { point: "check-plan", when: "after", then: "end" };
const passing = testProgram({ at: [afterTheChecks] });

const UNIT = (environment: string, ...words: readonly string[]) => `mkdir -p /etc/systemd/system/nova-compute.service.d
cat >/etc/systemd/system/nova-compute.service.d/lab.conf <<'END'
[Service]
Type=simple
Environment=${environment}
ExecStart=
ExecStart=/usr/bin/python3 -c "import time; time.sleep(1e6)" /usr/bin/nova-compute ${words.join(" ")}
END
systemctl daemon-reload
systemctl restart nova-compute
`;
const FILES = ["--config-file=/etc/nova/nova.conf", "--config-file=/etc/nova/nova-compute.conf"];
const unit = UNIT("LANG=C", ...FILES);

const DOMAIN = `<domain type='qemu'><name>guest</name><uuid>${GUEST}</uuid><memory unit='MiB'>32</memory>
<os><type arch='x86_64'>hvm</type></os>
<devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/var/lib/libvirt/images/guest.qcow2'/><target dev='vda' bus='virtio'/></disk>
<graphics type='vnc' port='-1'/></devices></domain>`;

let node: LabNode;
beforeAll(async () => {
  node = await LabNode.boot(NAME, "compute");
  await node.read(`set -e
systemctl stop nova-compute
sed -i '0,/^\\[DEFAULT\\]/s//&\\ntransport_url = fake:\\/\\//' /etc/nova/nova.conf
${unit}
head -c 33554432 /dev/urandom >/run/disk
qemu-img convert -O qcow2 /run/disk /var/lib/libvirt/images/guest.qcow2`);
  await node.read("cat >/root/guest.xml && virsh -q define /root/guest.xml && virsh -q start guest", DOMAIN);
});
afterAll(async () => {
  await node.remove();
});

/** Makes the node so, runs `test`, and takes it back. */
async function where(spoil: string, mend: string, test: (printed: string) => Promise<void>): Promise<void> {
  try {
    await test((await node.read(`set -e\n${spoil}`)).trim());
  } finally {
    await node.read(`set -e\n${mend}`);
  }
}

/** Checks that the node refuses with this message, and that nothing is touched. */
async function refuses(message: string, program = passing, before = "", declared = document): Promise<void> {
  const untouched = await snapshot(node);
  const outcome = await converge(node, declared, { program });
  expect(outcome).toEqual({ status: 3, stdout: "", stderr: before + error(message) });
  expect(await snapshot(node)).toEqual(untouched);
}

/** Checks that all checks pass, and none has anything to say. */
async function passes(): Promise<void> {
  expect(await converge(node, document, { program: passing })).toEqual({ status: 0, stdout: "passed\n", stderr: "" });
}

it("a compute that nothing speaks against passes", async () => {
  await passes();
});

describe("where another layer would win over nova.conf, it is named:", () => {
  const option = (...lines: readonly string[]) => `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(" ")}`;
  const wins = (what: string) =>
    `what is declared would have no effect: nova-compute reads ${what}. That wins over /etc/nova/nova.conf: take it out of there, or declare the same value`;
  const restart = unit;

  it.each([
    [
      "nova-compute.conf, with a value that refers to another option",
      `cp /etc/nova/nova-compute.conf /root/; ${option("[spice]", "server_listen = $my_ip")} >>/etc/nova/nova-compute.conf`,
      "cat /root/nova-compute.conf >/etc/nova/nova-compute.conf",
      "[spice] server_listen = @ from /etc/nova/nova-compute.conf",
    ],
    [
      "a folder that the unit names after nova.conf",
      `mkdir /etc/nova/site.d; ${option("[spice]", "agent_enabled = no", "[DEFAULT]", "debug = true")} >/etc/nova/site.d/9.conf\n${UNIT("LANG=C", ...FILES, "--config-dir", "/etc/nova/site.d")}`,
      `rm -r /etc/nova/site.d\n${restart}`,
      "[spice] agent_enabled = no from /etc/nova/site.d/9.conf",
    ],
    [
      "nova.conf.d, where the unit names no file",
      `mkdir /etc/nova/nova.conf.d; ${option("[spice]", "enabled = false")} >/etc/nova/nova.conf.d/site.conf\n${UNIT("LANG=C")}`,
      `rm -r /etc/nova/nova.conf.d\n${restart}`,
      "[spice] enabled = false from /etc/nova/nova.conf.d/site.conf",
    ],
    [
      "a variable of the running service",
      UNIT("OS_SPICE__SERVER_PROXYCLIENT_ADDRESS=192.0.2.9", ...FILES),
      restart,
      "[spice] server_proxyclient_address = 192.0.2.9 from OS_SPICE__SERVER_PROXYCLIENT_ADDRESS",
    ],
  ])("%s", async (_, spoil, mend, what) => {
    const restarted = spoil.includes("systemctl") ? "" : "\nsystemctl restart nova-compute";
    await where(`${spoil}${restarted}`, `${mend}\n${restart}`, async () => {
      const address = (await node.read("sed -n 's/^my_ip *= *//p' /etc/nova/nova.conf")).trim();
      await refuses(wins(what.replace("@", address)));
    });
  });

  it.each([
    [
      "the same value",
      `cp /etc/nova/nova-compute.conf /root/; ${option("[spice]", "server_listen = 0.0.0.0")} >>/etc/nova/nova-compute.conf`,
      "cat /root/nova-compute.conf >/etc/nova/nova-compute.conf",
    ],
    [
      "another value in nova.conf.d, which loses to a file that the unit names",
      `mkdir /etc/nova/nova.conf.d; ${option("[spice]", "server_listen = 192.0.2.9")} >/etc/nova/nova.conf.d/site.conf`,
      "rm -r /etc/nova/nova.conf.d",
    ],
  ])("but not %s", async (_, spoil, mend) => {
    await where(`${spoil}\nsystemctl restart nova-compute`, `${mend}\n${restart}`, passes);
  });
});

describe("a hypervisor without SPICE is refused:", () => {
  it.each([
    [
      "guests that are containers",
      "s/^virt_type.*/virt_type = lxc/",
      "guests of this compute are LXC ([libvirt] virt_type = lxc), which has no SPICE. Only kvm and qemu have: take the node out",
    ],
    [
      "another driver than libvirt",
      "s/^compute_driver.*/compute_driver = ironic.IronicDriver/",
      "this compute's hypervisor is not libvirt ([DEFAULT] compute_driver = ironic.IronicDriver). Only libvirt with QEMU or KVM can do SPICE: take the node out",
    ],
  ])("%s", async (_, edit, message) => {
    const conf = "/etc/nova/nova-compute.conf";
    await where(
      `cp ${conf} /root/; sed -i '${edit}' ${conf}`,
      `cat /root/nova-compute.conf >${conf}\n${unit}`,
      async () => {
        await refuses(message);
      },
    );
  });

  it("but not KVM, nor libvirt's driver by its full name", async () => {
    const conf = "/etc/nova/nova-compute.conf";
    const edit =
      "s/^virt_type.*/virt_type = kvm/; s/^compute_driver.*/compute_driver = nova.virt.libvirt.LibvirtDriver/";
    await where(
      `cp ${conf} /root/; sed -i '${edit}' ${conf}; systemctl restart nova-compute`,
      `cat /root/nova-compute.conf >${conf}\n${unit}`,
      passes,
    );
  });
});

describe("what the change needs, and is not there, is named:", () => {
  const hide = (...files: readonly string[]) => `mkdir /root/hidden; mv ${files.join(" ")} /root/hidden/`;
  const show = (folder: string) => `mv /root/hidden/* ${folder}/; rmdir /root/hidden`;

  it.each([
    [
      "virsh",
      hide("/usr/bin/virsh"),
      show("/usr/bin"),
      "virsh is not installed: this does not look like a libvirt compute, and only libvirt with QEMU or KVM can do SPICE. Install libvirt's clients, or take the node out",
    ],
    [
      "libvirt's answer",
      "systemctl stop libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd 2>/dev/null",
      "systemctl start libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd",
      "libvirt does not answer 'virsh domcapabilities'. Start libvirtd, and run again",
    ],
    [
      "a nova-compute that runs",
      "systemctl stop nova-compute",
      "systemctl start nova-compute",
      "nova-compute does not run (it is inactive), so nothing could show whether it lives with new settings. Bring it up first; /var/log/nova/nova-compute.log has the cause where it does not start",
    ],
  ])("%s", async (_, spoil, mend, message) => {
    await where(spoil, mend, async () => {
      await refuses(message);
    });
  });

  it("nft or iptables, where the console ports are to be closed", async () => {
    const tools = ["/usr/sbin/nft", "/usr/sbin/iptables"];
    const useless = tools.map((tool) => `printf '#!/bin/sh\\nexit 1\\n' >${tool}; chmod +x ${tool}`).join("\n");
    await where(`${hide(...tools)}\n${useless}`, show("/usr/sbin"), async () => {
      const declared = computeDocument(NAME, { sources: ["198.18.0.11/32"] });
      await refuses(
        "neither nft nor iptables works here, so TCP 5900-5999 cannot be closed. Install nftables, or leave proxySourceAddresses out",
        passing,
        "",
        declared,
      );
    });
  });
});

it("somebody's change that waits for a restart of nova-compute is refused, each file by its name, unless that is accepted", async () => {
  const files = ["/etc/nova/nova-compute.conf", "/etc/nova/nova.conf"];
  const started = `date -u -d "$(TZ=UTC systemctl show -P ExecMainStartTimestamp nova-compute)" +%s`;
  const time = async (seconds: string) => (await node.read(`date -u -d "@$(${seconds})" '+%F %T UTC'`)).trim();
  // Times are compared in whole seconds: an edit in the second of the start is not newer.
  const spoil = `systemctl restart nova-compute; until [ $(date +%s) -gt $(${started}) ]; do sleep 0.1; done
mkdir /root/former; for file in ${files.join(" ")}; do cp $file /root/former/; echo '# not mine' >>$file; done`;
  const mend = `for file in ${files.join(" ")}; do cat /root/former/\${file##*/} >$file; done; rm -r /root/former; systemctl restart nova-compute`;
  await where(spoil, mend, async () => {
    const news = await Promise.all(files.map(async (file) => `${file} (${await time(`stat -c %Z ${file}`)})`));
    await refuses(
      `nova-compute runs since ${await time(started)}, and someone changed what it reads since: ${news.join(", ")}. Its restart here would bring that into force. ` +
        "'systemctl restart nova-compute' when that suits you, then run again; or set acceptPendingChanges for this node",
    );
    const accepted = computeDocument(NAME, { acceptPendingChanges: true });
    expect(await converge(node, accepted, { program: passing })).toEqual({ status: 0, stdout: "passed\n", stderr: "" });
  });
});

describe("a busy compute is waited for, and postponed,", () => {
  const waiting = testProgram({ at: [afterTheChecks], limits: { busyWait: 2 } });
  const backup = `cat >/root/backup.xml <<'END'
<domainbackup mode='pull'><server transport='unix' socket='/var/lib/libvirt/qemu/backup.sock'/><disks><disk name='vda' type='file'><scratch file='/var/lib/libvirt/images/scratch'/></disk></disks></domainbackup>
END
virsh -q backup-begin guest /root/backup.xml`;
  /** As Nova does with an image, slowly. */
  const convert = (folder: string) =>
    `mkdir -p ${folder}; systemd-run -q --unit=work qemu-img convert -r 256K -O qcow2 /run/disk ${folder}/disk
until [ -s ${folder}/disk ]; do sleep 0.1; done`;
  it.each([
    ["a job on a guest", backup, "virsh -q domjobabort guest", `guest ${GUEST} has a job: Backup`],
    [
      "a job on a guest's disk",
      "virsh blockcopy guest vda /var/lib/libvirt/images/copy --transient-job --bandwidth 1",
      "virsh blockjob guest vda --abort; rm -f /var/lib/libvirt/images/copy",
      `disk vda of guest ${GUEST} has a job: Block Copy`,
    ],
    [
      "a disk image that is made below Nova's instances",
      `${convert("/var/lib/nova/instances/x")}; systemctl show -P MainPID work`,
      "systemctl stop work",
      "qemu-img convert (pid @)",
    ],
    [
      "an image that is fetched",
      `mkdir -p /var/lib/nova/instances/_base; systemd-run -q --unit=work sh -c 'exec sleep 600 >>/var/lib/nova/instances/_base/5b1ce.part'
until [ -e /var/lib/nova/instances/_base/5b1ce.part ]; do sleep 0.1; done`,
      "systemctl stop work; rm /var/lib/nova/instances/_base/5b1ce.part",
      "the image /var/lib/nova/instances/_base/5b1ce.part is fetched",
    ],
  ])("where there is %s", async (_, spoil, mend, work) => {
    await where(spoil, mend, async (pid) => {
      const is = work.replace("@", pid);
      await refuses(
        `postponed: after 2 s the node is still busy: ${is}. Nothing was changed; the next 'pulumi up' goes on with this node`,
        waiting,
        say(`busy: ${is}; waiting for that, at most 2 s, before nova-compute is restarted`),
      );
      const { status, stderr } = await runVerb(node, "check", document);
      expect([status, stderr]).toEqual([0, say(`busy: ${is}. The restart of nova-compute would wait for that`)]);
    });
    await passes();
  });

  it("where libvirt is at work on a guest, such as at its start; and goes on when that is done", async () => {
    const program = testProgram({ at: [afterTheChecks], limits: { virshWait: 2 } });
    await node.read(`virsh -q destroy guest; mkdir -p /etc/libvirt/hooks
printf '#!/bin/sh\\n[ "$2" != start ] || until [ -e /run/go ]; do touch /run/held; sleep 0.1; done\\n' >/etc/libvirt/hooks/qemu
chmod +x /etc/libvirt/hooks/qemu; systemctl restart libvirtd; systemd-run -q --unit=starting virsh start guest
timeout 30 sh -c 'until [ -e /run/held ]; do sleep 0.1; done'`);
    let reported = "";
    const outcome = await converge(node, document, {
      program,
      onOutput: (text) => {
        reported += text;
        if (reported.includes("busy")) {
          void node.run("touch /run/go");
        }
      },
    });
    await node.read("rm -r /etc/libvirt/hooks /run/go; systemctl restart libvirtd");
    const work = "libvirt does not answer, as where it is at work on a guest";
    expect(outcome).toEqual({
      status: 0,
      stdout: "passed\n",
      stderr: say(`busy: ${work}; waiting for that, at most 240 s, before nova-compute is restarted`),
    });
  });

  it.each([
    ["a guest that its user paused", "virsh -q suspend guest", "virsh -q resume guest"],
    ["a disk image that somebody converts elsewhere", convert("/srv/backup"), "systemctl stop work"],
  ])("but not for %s", async (_, spoil, mend) => {
    await where(spoil, mend, passes);
  });
});

import { ImageCompression, Vnc } from "../../../nova";
import { computeDocument, controllerDocument } from "../support/documents";
import { CONF, type Case, NAME, type Refusal, add, put, refusals } from "./case";

/** Computes: options, refusals, what goes wrong, and work that a restart would cut off. */

const DROP_INS = "/etc/systemd/system/nova-compute.service.d";
const OWN_CONF = "/etc/nova/nova-compute.conf";
const controller = controllerDocument(NAME);
const compute = computeDocument(NAME);

const FILES = `--config-file=${CONF} --config-file=${OWN_CONF}`;
/** In the place of nova-compute a process with its arguments, as its unit's. */
const unit = (environment: string, words: string) =>
  `${put(
    `${DROP_INS}/stand-in.conf`,
    `[Service]\nType=simple\nEnvironment=${environment}\nExecStart=\nExecStart=/usr/bin/python3 -c "import time; time.sleep(1e6)" /usr/bin/nova-compute ${words}\n`,
  )}systemctl daemon-reload; systemctl restart nova-compute`;
const usual = unit("LANG=C", FILES);
const RESTORE = `rm -rf /etc/nova/site.d /etc/nova/nova.conf.d; cat /root/nova/nova-compute.conf >${OWN_CONF}; ${usual}`;

const spoiled = (what: string, spoil: string): Refusal => [what, spoil, RESTORE, compute];
const checks: readonly Refusal[] = [
  spoiled(
    "nova-compute.conf wins, by another option's value",
    `${add(OWN_CONF, "[spice]\nserver_listen = $my_ip\n")}${usual}`,
  ),
  spoiled(
    "a folder of the unit's wins",
    `${put("/etc/nova/site.d/9.conf", "[spice]\nagent_enabled = no\n")}${unit("LANG=C", `${FILES} --config-dir /etc/nova/site.d`)}`,
  ),
  spoiled(
    "nova.conf.d wins, where the unit names no file",
    `${put("/etc/nova/nova.conf.d/site.conf", "[spice]\nenabled = false\n")}${unit("LANG=C", "")}`,
  ),
  spoiled("a variable wins", unit("OS_SPICE__SERVER_PROXYCLIENT_ADDRESS=192.0.2.9", FILES)),
  spoiled("guests are containers", `sed -i 's/^virt_type.*/virt_type = lxc/' ${OWN_CONF}; ${usual}`),
  spoiled(
    "another driver than libvirt",
    `sed -i 's/^compute_driver.*/compute_driver = ironic.IronicDriver/' ${OWN_CONF}; ${usual}`,
  ),
  spoiled("nova-compute does not run", "systemctl stop nova-compute"),
  spoiled("somebody's change that waits for a restart", `sleep 1.1; echo '# not mine' >>${OWN_CONF}`),
  ["no virsh", "mv /usr/bin/virsh /root/", "mv /root/virsh /usr/bin/", compute],
  [
    "libvirt does not answer",
    "systemctl stop -q libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd",
    "systemctl start libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd",
    compute,
  ],
  [
    "neither nft nor iptables",
    "for tool in nft iptables; do mv /usr/sbin/$tool /root/; printf '#!/bin/sh\\nexit 1\\n' >/usr/sbin/$tool; chmod +x /usr/sbin/$tool; done",
    "for tool in nft iptables; do rm /usr/sbin/$tool; mv /root/$tool /usr/sbin/; done",
    computeDocument(NAME, { sources: ["198.18.0.11/32"] }),
  ],
  [
    "an option that this Nova has not",
    ":",
    ":",
    computeDocument(NAME, { compression: { image: ImageCompression.Lz } }),
  ],
  [
    "QEMU without SPICE",
    "mkdir /root/qemu; mv /usr/lib/x86_64-linux-gnu/qemu/*spice* /root/qemu/; rm -rf /var/cache/libvirt/qemu/capabilities; systemctl restart libvirtd",
    "mv /root/qemu/* /usr/lib/x86_64-linux-gnu/qemu/; rmdir /root/qemu; rm -rf /var/cache/libvirt/qemu/capabilities; systemctl restart libvirtd",
    compute,
  ],
];

/** libvirt's guest, emulated, with VNC alone. */
const GUEST = `head -c 33554432 /dev/urandom >/run/disk; qemu-img convert -O qcow2 /run/disk /var/lib/libvirt/images/guest.qcow2
${put(
  "/root/guest.xml",
  `<domain type='qemu'><name>guest</name><uuid>5b1ce000-0000-4000-8000-00000000000a</uuid><memory unit='MiB'>32</memory>
<os><type arch='x86_64'>hvm</type></os><devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
<source file='/var/lib/libvirt/images/guest.qcow2'/><target dev='vda' bus='virtio'/></disk><graphics type='vnc' port='-1'/></devices></domain>`,
)}virsh -q define /root/guest.xml; virsh -q start guest`;
const BACKUP =
  "<domainbackup mode='pull'><server transport='unix' socket='/var/lib/libvirt/qemu/backup.sock'/><disks><disk name='vda' type='file'><scratch file='/var/lib/libvirt/images/scratch'/></disk></disks></domainbackup>";
/** An image that is fetched for a guest. */
const PART = "/var/lib/nova/instances/_base/5b1ce.part";
const FETCH = `mkdir -p /var/lib/nova/instances/_base; systemd-run -q --unit=work sh -c 'exec sleep 600 >>${PART}'; until [ -e ${PART} ]; do sleep 0.1; done`;
const FETCHED = `systemctl stop work; rm ${PART}`;

/** What a node is at, and how that ends. */
const work: readonly (readonly [what: string, begin: string, end: string])[] = [
  [
    "a job on a guest",
    `${put("/root/backup.xml", BACKUP)}virsh -q backup-begin guest /root/backup.xml`,
    "virsh -q domjobabort guest",
  ],
  ["a guest that its user paused, which is none", "virsh -q suspend guest", "virsh -q resume guest"],
  [
    "a disk image that is made",
    "mkdir -p /var/lib/nova/instances/x; systemd-run -q --unit=work qemu-img convert -r 256K -O qcow2 /run/disk /var/lib/nova/instances/x/disk; until [ -s /var/lib/nova/instances/x/disk ]; do sleep 0.1; done",
    "systemctl stop work",
  ],
  ["an image that is fetched", FETCH, FETCHED],
  [
    "field: instances-path-by-reference",
    `${add(CONF, "[DEFAULT]\nstate_path = /var/lib/nova\ninstances_path = $state_path/instances\n")}systemctl restart nova-compute; ${FETCH}`,
    FETCHED,
  ],
];

export const computeCases: readonly Case[] = [
  {
    name: "a compute: options, and obsolete ones told and commented out",
    layer: "compute",
    prepare: `${add(CONF, "[vnc]\nkeymap = de\n[spice]\nkeymap = fr\n  be\n[DEFAULT]\nvnc_enabled = True\n[spice]\nkeymap: de\n")}${usual}`,
    steps: () =>
      [false, true, false].map((removeObsoleteOptions) =>
        computeDocument(NAME, {
          ...{ agentEnabled: true, tokenTtl: 1800, removeObsoleteOptions },
          extraNovaOptions: { "DEFAULT/pointer_model": "ps2mouse" },
        }),
      ),
  },
  {
    name: "a compute that is a controller too",
    layer: "firewalls",
    prepare: usual,
    steps: () => [controller, compute, controller],
  },
  {
    name: "a compute: VNC off, where a guest has no SPICE",
    layer: "compute",
    prepare: `${usual}; ${GUEST}`,
    steps: () => [
      computeDocument(NAME, { vnc: Vnc.Off }),
      computeDocument(NAME, { vnc: Vnc.Off, acceptConsoleLoss: true }),
    ],
  },
  {
    name: "a compute: a nova-compute that does not live with the new nova.conf",
    layer: "compute",
    prepare: `${usual}; ${put(`${DROP_INS}/site.conf`, `[Service]\nExecStartPre=/bin/sh -c '! grep -q ^html5proxy_base_url ${CONF}'\n`)}systemctl daemon-reload`,
    steps: () => [computeDocument(NAME, { acceptPendingChanges: true })],
  },
  {
    name: "a compute: what does not pass the checks",
    layer: "compute",
    prepare: `cp -a /etc/nova /root/; ${usual}`,
    steps: () => refusals(checks),
  },
  {
    name: "a compute: work that a restart would cut off",
    layer: "compute",
    prepare: `${usual}; ${GUEST}`,
    steps: () => work.flatMap(([what, run, end]) => [{ run, what }, { check: compute }, { run: end }]),
  },
];

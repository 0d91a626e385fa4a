import { beforeAll, describe, expect, it } from "vitest";
import { RecipeSwitch, Release } from "../../nova";
import { hostProgram, shortDigest } from "../../remote/program";
import { nodeForTests } from "../support/nodeForTests";
import { OWNER, computeDocument, controllerDocument, retirementDocument } from "./support/documents";
import { testProgram } from "./support/injection";
import { converge, lines } from "./support/program";
import { type Snapshot, snapshot } from "./support/snapshot";

/** What does not pass the checks: one message with fact and remedy, and a node on which nothing was touched. */

const NAME = "h-refusals";
/** A command without which it cannot do. */
const TOOL = "systemd-run";
/** Row D14 of the trial: /run/lock is everybody's. */
const CALLERS_LOCK = "/run/openstack-spice-callers-lock";
const RECORD = "/var/lib/openstack-spice/roles/controller/record";

interface Refusal {
  readonly title: string;
  /** What makes the node, as root, such that the document is refused; what it prints stands for `@` in the message. */
  readonly spoil?: string;
  /** What takes that back. */
  readonly mend?: string;
  readonly document?: string;
  readonly user?: string;
  /** Seconds for which the program waits for another run, in the place of its own 300. */
  readonly lockWait?: number;
  /** 2: a bad document; 3 (default): refused. */
  readonly status?: number;
  /** What another program said before. */
  readonly said?: string;
  readonly message: string;
}

const document = controllerDocument(NAME);

/** What is to be done about a document that cannot be used. */
const MADE = "It is made by openstack-spice: run both from one version of it, or report this";

/** A record of another stack, which changed nothing. */
const recordOf = (owner: string) => ({ format: 2, owner, id: "", program: "", platform: {}, entries: [] });

const refusals: readonly Refusal[] = [
  {
    title: "a release that is not the installed one",
    document: controllerDocument(NAME, { release: Release.Antelope }),
    message: "release 27 is asserted, but Nova 26.2.2 is installed. Correct 'release', or leave it out",
  },
  {
    title: "a platform that is not supported",
    spoil: `printf 'ID="fedora"\\nVERSION_ID="40"\\n' >/run/os-release; mount --bind /run/os-release /usr/lib/os-release`,
    mend: "umount /usr/lib/os-release",
    message:
      "platform 'fedora 40' is not supported. Supported: CentOS 7, RHEL 8 and its likes, RHEL 9 and its likes, RHEL 10 and its likes, Debian 12, Debian 13, Ubuntu 22.04, Ubuntu 24.04. Take the node out",
  },
  {
    title: "a tool that is missing",
    spoil: `mv /usr/bin/${TOOL} /root/`,
    mend: `mv /root/${TOOL} /usr/bin/`,
    message: `${TOOL} is not installed. Install it on the node`,
  },
  {
    title: "somebody else's file where the node's own command is to be",
    spoil: "printf '#!/bin/sh\\necho mine\\n' >/usr/local/sbin/openstack-spice",
    mend: "grep -q mine /usr/local/sbin/openstack-spice && rm /usr/local/sbin/openstack-spice",
    message:
      "/usr/local/sbin/openstack-spice is somebody else's, and this program keeps its own command there. Give that file another name, or take the node out",
  },
  {
    title: "a systemd that starts no unit",
    spoil: "cp -a /usr/bin/systemd-run /root/; printf '#!/bin/sh\\necho no bus >&2\\nexit 1\\n' >/usr/bin/systemd-run",
    mend: "mv /root/systemd-run /usr/bin/",
    said: "no bus\n",
    message: "systemd-run could not start a unit. Try 'systemd-run true' on the node",
  },
  {
    title: "another caller that is starting a run, for longer than it waits",
    lockWait: 2,
    spoil: `systemd-run -q --unit=holder flock ${CALLERS_LOCK} sleep 600; while flock -n ${CALLERS_LOCK} true; do sleep 0.1; done`,
    mend: "systemctl stop holder",
    message: `another caller still holds ${CALLERS_LOCK} after 2 s. Let it end, then run again`,
  },
  {
    title: "another run that is at work for longer than it waits",
    lockWait: 2,
    spoil: "systemd-run -q --unit=openstack-spice-controller sleep 600",
    mend: "systemctl stop openstack-spice-controller",
    said: `openstack-spice: ${NAME}: another run is at work on this node; waiting up to 2 s for it\n`,
    message:
      "another run is still at work after 2 s ('systemctl status openstack-spice-controller.service'). Let it end, then run again",
  },
  {
    title: "no Nova",
    spoil:
      "cp -a /var/lib/dpkg/status /root/; sed -i '/^Package: nova-common$/,/^$/s/^Status:.*/Status: deinstall ok config-files/' /var/lib/dpkg/status",
    mend: "mv /root/status /var/lib/dpkg/",
    message: "Nova is not installed (no package nova-common). Install Nova on this node first, or take the node out",
  },
  {
    title: "no nova.conf",
    spoil: "mv /etc/nova/nova.conf /root/",
    mend: "mv /root/nova.conf /etc/nova/",
    message: "/etc/nova/nova.conf does not exist. Configure Nova on this node first",
  },
  {
    title: "an empty nova.conf",
    spoil: "cp -a /etc/nova/nova.conf /root/; : >/etc/nova/nova.conf",
    mend: "mv /root/nova.conf /etc/nova/",
    message: "/etc/nova/nova.conf is not readable, or empty. Mend it, and run again",
  },
  {
    title: "a nova.conf that oslo.config does not read",
    spoil: "cp -a /etc/nova/nova.conf /root/; echo '[spice' >>/etc/nova/nova.conf",
    mend: "mv /root/nova.conf /etc/nova/",
    // Row D20 of the trial: a line of nova.conf can have a password in it.
    message: `oslo.config cannot read what nova-spicehtml5proxy would read: /etc/nova/nova.conf:10168: Invalid section (must end with ]). Mend that, and run again`,
  },
  {
    title: "[DEFAULT] web in nova.conf, where noVNC would serve the SPICE pages for it",
    document: controllerDocument(NAME, { recipe: [RecipeSwitch.WebInNovaConf] }),
    message:
      "nova-novncproxy runs without --web, and would serve the SPICE client's pages with [DEFAULT] web in nova.conf. Take web-in-nova-conf out of recipe",
  },
  {
    title: "a web server to be restarted where there is none",
    document: controllerDocument(NAME, { recipe: [RecipeSwitch.RestartHttpd] }),
    message: "there is no apache2 on this node, and restart-httpd of the recipe restarts it. Take restart-httpd out",
  },
  {
    title: "a repository of yum's for apt",
    document: controllerDocument(NAME, {
      packageRepository: { id: "epel", baseUrl: "https://epel.example.org", gpgCheck: false },
    }),
    message:
      "packageRepository is for yum and dnf, and Debian 12 has apt. Take it out, and add the repository to this node's /etc/apt yourself",
  },
  {
    title: "a port that another program holds",
    spoil:
      "systemd-run -q --unit=thief python3 -m http.server 6082; until ss -Hltn | grep -q :6082; do sleep 0.1; done; " +
      "systemctl show -p MainPID thief | tr -dc 0-9",
    mend: "systemctl stop thief",
    message:
      "TCP 6082 is held by another program: /usr/bin/python3 -m http.server 6082 (pid @, on 0.0.0.0). Stop it, or choose another port",
  },
  {
    title: "a disk that is almost full",
    spoil: "mkdir -p /var/lib/openstack-spice; mount -t tmpfs -o size=8m tmpfs /var/lib/openstack-spice",
    mend: "umount /var/lib/openstack-spice",
    // The program is unpacked there too, compiled by the node's own Python.
    message: `only N KiB are free in /var/lib/openstack-spice, 16384 are needed. Make room, and run again`,
  },
  {
    title: "a disk that has no room for the program itself",
    spoil: "mkdir -p /var/lib/openstack-spice; mount -t tmpfs -o size=16k tmpfs /var/lib/openstack-spice",
    mend: "umount /var/lib/openstack-spice",
    said: "cat: write error: No space left on device\n",
    message: `/root/.openstack-spice/controller-${shortDigest(hostProgram().sha256)} cannot be copied to /var/lib/openstack-spice/programs. Make room there, then run again`,
  },
  {
    title: "a masked unit",
    spoil: "systemctl mask -q nova-spicehtml5proxy",
    mend: "systemctl unmask -q nova-spicehtml5proxy",
    message:
      "nova-spicehtml5proxy is masked: someone switched it off on purpose. 'systemctl unmask nova-spicehtml5proxy' if it may run again",
  },
  {
    title: "a variable that the service would have, and that wins over nova.conf",
    spoil:
      "mkdir /etc/systemd/system/nova-spicehtml5proxy.service.d; printf '[Service]\\nEnvironment=OS_SPICE__HTML5PROXY_PORT=7000\\n' " +
      ">/etc/systemd/system/nova-spicehtml5proxy.service.d/site.conf; systemctl daemon-reload",
    mend: "rm -r /etc/systemd/system/nova-spicehtml5proxy.service.d; systemctl daemon-reload",
    message:
      "what is declared would have no effect: nova-spicehtml5proxy reads [spice] html5proxy_port = 7000 from OS_SPICE__HTML5PROXY_PORT. That wins over /etc/nova/nova.conf: take it out of there, or declare the same value",
  },
  {
    title: "a file that Debian's init script would read, and that wins over nova.conf",
    spoil:
      "printf '[spice]\\nhtml5proxy_host = 192.0.2.9\\n' >/etc/nova/site.conf; echo 'DAEMON_ARGS=\"$DAEMON_ARGS --config-file=/etc/nova/site.conf\"' >/etc/default/nova-spicehtml5proxy",
    mend: "rm /etc/nova/site.conf /etc/default/nova-spicehtml5proxy",
    message:
      "what is declared would have no effect: nova-spicehtml5proxy reads [spice] html5proxy_host = 192.0.2.9 from /etc/nova/site.conf. That wins over /etc/nova/nova.conf: take it out of there, or declare the same value",
  },
  {
    title: "a damaged record",
    spoil: `mkdir -p ${RECORD.replace("/record", "")}; printf '{"format": 2, "owner": ' >${RECORD}`,
    mend: "rm -r /var/lib/openstack-spice/roles",
    message: `${RECORD} is damaged: it is cut off, or was edited. Restore the node by hand from that file, then remove it`,
  },
  {
    title: "a record of format 1",
    spoil: `mkdir -p ${RECORD.replace("/record", "")}; printf '# openstack-spice record 1\\n# owner ${OWNER}\\n' >${RECORD}`,
    mend: "rm -r /var/lib/openstack-spice/roles",
    message:
      `${RECORD} is of format 1, which openstack-spice had while its program on the nodes was in bash. ` +
      "Run 'openstack-spice revert controller' on this node: the program that wrote it is there still, and puts back what it changed. Then run again",
  },
  {
    title: "a record of another version",
    spoil: `mkdir -p ${RECORD.replace("/record", "")}; printf '{"format": 3}' >${RECORD}`,
    mend: "rm -r /var/lib/openstack-spice/roles",
    message: `${RECORD} is not a record of format 2: it is damaged, or written by another version. Use the version that wrote it, or restore the node by hand from that file`,
  },
  {
    title: "a role that another stack manages",
    spoil: `mkdir -p ${RECORD.replace("/record", "")}; printf '%s' '${JSON.stringify(recordOf("other/stack"))}' >${RECORD}`,
    mend: "rm -r /var/lib/openstack-spice/roles",
    message: `the stack 'other/stack' already manages the role controller of this node, this one is '${OWNER}'. Take the node out of one of them`,
  },
  {
    title: "a login user whose sudo asks for a password",
    user: "nosudo",
    message:
      "sudo does not let nosudo become root without asking: sudo: a password is required. Allow that in sudoers (NOPASSWD, and no requiretty): everything, or the line that 'npm run sudoers' prints for this version. Or log in as root",
  },
  {
    title: "a sudo that wants a terminal",
    spoil: "echo 'Defaults requiretty' >/etc/sudoers.d/tty",
    mend: "rm /etc/sudoers.d/tty",
    user: "ops",
    message:
      "sudo does not let ops become root without asking: sudo: sorry, you must have a tty to run sudo. Allow that in sudoers (NOPASSWD, and no requiretty): everything, or the line that 'npm run sudoers' prints for this version. Or log in as root",
  },
  {
    title: "a compute where there is no nova-compute",
    document: computeDocument(NAME),
    message:
      "there is no nova-compute on this node. Install Nova's compute service first, or take the node out of computes",
  },
  {
    title: "noVNC to be retired where SPICE does not serve",
    document: retirementDocument(NAME),
    message: "nova-spicehtml5proxy does not serve on this node, so noVNC stays. Bring the SPICE proxy up first",
  },
  {
    title: "a document with a key of the future",
    document: document.replace("{", '{"colour":"blue",'),
    status: 2,
    message: `the desired state cannot be used: colour is unknown. ${MADE}`,
  },
  {
    title: "a document for two roles",
    document: document.replace("{", '{"role":"compute",'),
    status: 2,
    message:
      "the desired state has the member role twice in one object. Report this to openstack-spice: the document is made by it",
  },
  {
    title: "a document that was cut off",
    document: document.slice(0, document.indexOf('"6082"')),
    status: 2,
    message: `the desired state is not one JSON object at character ${document.indexOf('"6082"')}. Run both from one version of openstack-spice`,
  },
  {
    title: "no document at all",
    document: "",
    status: 2,
    message: "the desired state is not one JSON object at character 0. Run both from one version of openstack-spice",
  },
];

/** The program in Python is unpacked before it can refuse; while another caller is at work its copy stays, for the next run to tidy away. */
const withoutPrograms = (given: Snapshot): Snapshot => ({
  ...given,
  own: given.own.filter((path) => !path.startsWith("/var/lib/openstack-spice/programs/")),
});

describe("the program refuses, and leaves the node untouched:", () => {
  const node = nodeForTests(NAME, "proxy");

  beforeAll(async () => {
    // A service that is about to read its nova.conf would be another process afterwards.
    await node.untilServes(6080, "/vnc_auto.html");
  });
  it.each(refusals.map((refusal) => [refusal.title, refusal] as const))("%s", async (_, refusal) => {
    const { spoil = ":", mend = ":", user, lockWait, status = 3, said = "", message } = refusal;
    const fact = (await node.read(`set -e; ${spoil}`)).trim();
    try {
      const before = withoutPrograms(await snapshot(node));
      const outcome = await converge(node, refusal.document ?? document, {
        ...(user === undefined ? {} : { user }),
        ...(lockWait === undefined ? {} : { program: testProgram({ limits: { lockWait } }) }),
      });
      const steady = { ...outcome, stderr: outcome.stderr.replace(/only \d+ KiB/, "only N KiB") };
      expect(steady).toEqual({
        status,
        stdout: "",
        stderr: said + lines(`openstack-spice: error: ${NAME}: ${message.replace("@", fact)}`),
      });
      expect(withoutPrograms(await snapshot(node))).toEqual(before);
    } finally {
      await node.read(`set -e; ${mend}`);
    }
  });
});

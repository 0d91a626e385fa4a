import { RecipeSwitch, Release } from "../../../nova";
import { type ControllerOptions, computeDocument, controllerDocument, retirementDocument } from "../support/documents";
import { managerFixtures } from "../support/managers";
import { CONF, type Case, NAME, type Refusal, add, refusals } from "./case";

/** Controllers that do not pass the checks, and ones on which something goes wrong after them. */

const document = (options: ControllerOptions = {}) => controllerDocument(NAME, options);
const controller = document();
const STATE = "/var/lib/openstack-spice";
const RECORD = `${STATE}/roles/controller/record`;
const DROP_INS = "/etc/systemd/system/nova-spicehtml5proxy.service.d";

/** Something of the node's is kept, changed, and put back. */
const changed = (what: string, file: string, change: string): Refusal => [
  what,
  `cp -a ${file} /root/kept; ${change}`,
  `rm -f ${file}; mv /root/kept ${file}`,
  controller,
];
/** A document that is refused on any node. */
const refused = (what: string, declared: string): Refusal => [what, ":", ":", declared];
const recorded = (what: string, text: string): Refusal => [
  what,
  `mkdir -p ${RECORD.replace("/record", "")}; ${add(RECORD, text)}`,
  `rm -r ${STATE}/roles`,
  controller,
];
const small = (what: string, size: string): Refusal => [
  what,
  `mkdir -p ${STATE}; mount -t tmpfs -o size=${size} tmpfs ${STATE}`,
  `umount ${STATE}`,
  controller,
];
/** Lines of the unit's, as an administrator has them. */
const override = (...lines: readonly string[]) =>
  `mkdir -p ${DROP_INS}; ${add(`${DROP_INS}/site.conf`, ["[Service]", ...lines, ""].join("\n"))}systemctl daemon-reload`;

const checks: readonly Refusal[] = [
  refused("a release that is not the installed one", document({ release: Release.Antelope })),
  [
    "a platform that is not supported",
    `printf 'ID="fedora"\\nVERSION_ID="40"\\n' >/run/os-release; mount --bind /run/os-release /usr/lib/os-release`,
    "umount /usr/lib/os-release",
    controller,
  ],
  changed("no systemd-run", "/usr/bin/systemd-run", "rm /usr/bin/systemd-run"),
  changed(
    "a systemd that starts no unit",
    "/usr/bin/systemd-run",
    "printf '#!/bin/sh\\necho no bus >&2\\nexit 1\\n' >/usr/bin/systemd-run",
  ),
  changed(
    "no Nova",
    "/var/lib/dpkg/status",
    "sed -i '/^Package: nova-common$/,/^$/s/^Status:.*/Status: deinstall ok config-files/' /var/lib/dpkg/status",
  ),
  changed("no nova.conf", CONF, `rm ${CONF}`),
  changed("an empty nova.conf", CONF, `: >${CONF}`),
  changed("a nova.conf with a section that does not end", CONF, add(CONF, "[spice\n")),
  changed(
    "a nova.conf with a broken line that has a password",
    CONF,
    add(CONF, "[DEFAULT]\ntransport_url = rabbit://nova:s3cret@queue/\n\n  and s3cret goes on\n"),
  ),
  refused("[DEFAULT] web, where noVNC would serve the SPICE pages", document({ recipe: [RecipeSwitch.WebInNovaConf] })),
  refused("a web server to be restarted where there is none", document({ recipe: [RecipeSwitch.RestartHttpd] })),
  refused(
    "a repository of yum's for apt",
    document({ packageRepository: { id: "epel", baseUrl: "https://epel.example.org", gpgCheck: false } }),
  ),
  [
    "a port that another program has",
    "systemd-run -q --unit=thief python3 -m http.server 6082; until ss -Hltn | grep -q :6082; do sleep 0.1; done",
    "systemctl stop thief",
    controller,
  ],
  small("a disk that is almost full", "8m"),
  small("a disk that has no room for the program", "16k"),
  ["a masked unit", "systemctl mask -q nova-spicehtml5proxy", "systemctl unmask -q nova-spicehtml5proxy", controller],
  [
    "a variable that wins over nova.conf",
    override("Environment=OS_SPICE__HTML5PROXY_PORT=7000"),
    `rm -r ${DROP_INS}; systemctl daemon-reload`,
    controller,
  ],
  [
    "a file of the init script's that wins over nova.conf",
    `printf '[spice]\\nhtml5proxy_host = 192.0.2.9\\n' >/etc/nova/site.conf
echo 'DAEMON_ARGS="$DAEMON_ARGS --config-file=/etc/nova/site.conf"' >/etc/default/nova-spicehtml5proxy`,
    "rm /etc/nova/site.conf /etc/default/nova-spicehtml5proxy",
    controller,
  ],
  recorded("a damaged record", "# openstack-spice record 1\noption\t/etc"),
  recorded("a role that another stack manages", "# openstack-spice record 1\n# owner other/stack\n"),
  refused("a compute where there is no nova-compute", computeDocument(NAME)),
  refused("noVNC to be retired where SPICE does not serve", retirementDocument(NAME)),
  refused("a key of the future", controller.replace("firewall = ", "colour = blue\nfirewall = ")),
  refused("a document for two roles", controller.replace("owner = ", "compute = x\nowner = ")),
  refused("a document that was cut off", controller.slice(0, controller.indexOf("= 6082"))),
  refused("a document of nothing", "\n"),
];

const roles = { controller, compute: computeDocument(NAME), retirement: retirementDocument(NAME) };
/** Takes away what any of the tools left. */
const TOOLS_AWAY = `cd /etc/systemd/system; systemctl stop -q container $(find . -maxdepth 1 -name '*.service' -newer /root/nova.conf -printf '%f ') || :
umount -q /srv/container/usr || :; find . -newer /root/nova.conf ! -type d -delete; rm -rf nova-novncproxy.service.d; systemctl daemon-reload; systemctl reset-failed
rm -rf /opt/puppetlabs /var/chef /var/cache/puppet /var/cache/salt /var/lib/juju /var/lib/pacemaker /etc/kolla /etc/ansible /openstack /srv/container /etc/cron.d/puppet
cat /root/nova.conf >${CONF}`;
const managers = managerFixtures.map(({ manager, role, leave }): Refusal => [
  `${manager}, as a ${role}`,
  leave,
  TOOLS_AWAY,
  roles[role],
]);

/** A proxy that goes wrong after the checks. */
const wrong = (name: string, prepare: string): Case => ({ name, prepare });

export const refusalCases: readonly Case[] = [
  { name: "what does not pass the checks", steps: () => refusals(checks) },
  {
    name: "tools that manage Nova",
    prepare: `sleep 1; cat ${CONF} >/root/nova.conf; sleep 1`,
    steps: () => refusals(managers),
  },
  wrong("a proxy that does not start", override("ExecStartPre=/bin/false")),
  wrong(
    "a port that another program takes first",
    override(
      "ExecStartPre=-+/usr/bin/systemd-run -q --unit=thief /usr/bin/python3 -m http.server 6082",
      "ExecStartPre=/bin/sh -c 'until ss -Hltn | grep -q :6082; do sleep 0.1; done'",
    ),
  ),
  wrong("a script of the page that is not there", "mv /usr/share/spice-html5/main.js /root/"),
  {
    name: "an address that the node has not, where it served before",
    steps: () => [controller, document({ html5proxyHost: "192.0.2.1" })],
  },
];

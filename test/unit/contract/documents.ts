import type { DesiredState } from "../../../contract/desiredStateTypes";

/** Documents that both sides are tested with: by the schema here, and by the program on a node, which has to find the same. */

const common = { id: "0a1b2c", owner: "acme/openstack-spice/lab" } as const;
const pem = (label: string) => `-----BEGIN ${label}-----\nMIIB\nAA==\n-----END ${label}-----\n`;

/** A controller that says all that one can say. */
export const fullController = {
  ...common,
  role: "controller",
  node: "control-1",
  formerOwner: "openstack-spice/old",
  release: 26,
  toolsToIgnore: { "openstack-ansible": true, puppet: true },
  acceptPendingChanges: true,
  "nova.conf": {
    DEFAULT: { cert: "/etc/nova/openstack-spice/console.pem", ssl_only: "true" },
    console: { allowed_origins: "dashboard.example.org" },
    spice: { html5proxy_host: "0.0.0.0", html5proxy_port: "6082" },
  },
  optionReleases: { "console/allowed_origins": { first: 15 }, "consoleauth/token_ttl": { first: 15, last: 19 } },
  optionNames: { "console/allowed_origins": { "DEFAULT/console_allowed_origins": { first: 13, last: 14 } } },
  removeObsoleteOptions: true,
  firewall: { sources: { "192.0.2.0/24": {}, "2001:db8::/32": {} }, dropOtherSources: true },
  tls: { certificate: pem("CERTIFICATE") + pem("CERTIFICATE"), key: pem("PRIVATE KEY"), host: "console.example.org" },
  webClient: { archive: "https://mirror.example.org/spice.tgz", sha256: "0".repeat(64) },
  repository: {
    id: "epel",
    key: "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ==\n-----END PGP PUBLIC KEY BLOCK-----\n",
    settings: { name: "Extra Packages", baseurl: "https://mirror.example.org/$basearch", enabled: "1", gpgcheck: "1" },
  },
  packagesOnDestroy: "remove",
  recipe: { "firewall-rule-first": true, "restart-iptables": true, "restart-httpd": true },
} as const satisfies DesiredState;

/** A compute that says all that one can say. */
export const fullCompute = {
  ...common,
  role: "compute",
  node: "compute-1",
  release: 34,
  "nova.conf": { spice: { enabled: "true" }, vnc: { enabled: "false" } },
  vnc: "off",
  acceptConsoleLoss: true,
  novaApiCredentials: "service_user",
  consolePorts: { first: 5900, last: 5999, sources: { "198.51.100.11/32": {} } },
  recipe: { "web-client-on-computes": true },
} as const satisfies DesiredState;

/** The least of each role. */
export const least: readonly DesiredState[] = [
  { ...common, role: "controller", node: "c", "nova.conf": {} },
  { ...common, role: "compute", node: "c", "nova.conf": {} },
  { ...common, role: "vnc-proxy-retirement", node: "c" },
];

/** Documents that are good. */
export const good: readonly DesiredState[] = [
  fullController,
  fullCompute,
  ...least,
  { ...fullController, tls: { terminatedUpstream: true } },
  { ...fullController, firewall: { sources: {} }, webClient: { package: "site-spice", folder: "/opt/spice" } },
];

/** What is not good: how the document differs from a good one, and what the program on a node says of it. No value is in that. */
export const bad: readonly (readonly [document: object, problems: string])[] = [
  [{ ...fullCompute, role: "proxy" }, "role is not one of controller, compute, vnc-proxy-retirement"],
  [{ ...fullCompute, colour: "blue" }, "colour is unknown"],
  [{ ...fullCompute, "a secret, in a wrong place": true }, '["..."] is unknown'],
  [{ ...fullCompute, firewall: { sources: {} } }, "firewall is unknown"],
  [{ ...fullController, firewall: { sources: {}, colour: 1 } }, "firewall.colour is unknown"],
  [{ ...fullController, firewall: {} }, "firewall.sources is missing"],
  [
    { ...fullController, firewall: { sources: ["192.0.2.0/24"] } },
    "firewall.sources is not an object of at most 10000 members",
  ],
  [
    { ...fullController, firewall: { sources: { "$(touch /run/taken)": {} } } },
    'firewall.sources["..."] is not named by a CIDR block, such as 192.0.2.0/24',
  ],
  [
    { ...fullController, firewall: { sources: { "192.0.2.0/24": { note: "x" } } } },
    'firewall.sources["192.0.2.0/24"].note is unknown',
  ],
  [{ role: "compute" }, 'node is missing; id is missing; owner is missing; ["nova.conf"] is missing'],
  [{ ...fullCompute, owner: "" }, "owner is not the name of a stack: project/stack or organization/project/stack"],
  [{ ...fullCompute, node: "-rf" }, "node is not a name of letters, digits, dots, hyphens and underscores"],
  [{ ...fullCompute, node: "a\n" }, "node is not a name of letters, digits, dots, hyphens and underscores"],
  [{ ...fullCompute, release: "26" }, "release is not the number of a release of Nova"],
  [{ ...fullCompute, release: 12 }, "release is not the number of a release of Nova"],
  [{ ...fullCompute, release: true }, "release is not the number of a release of Nova"],
  [{ ...fullCompute, release: null }, "release is not the number of a release of Nova"],
  [{ ...fullCompute, vnc: "keep" }, "vnc is not 'off'"],
  [{ ...fullCompute, acceptConsoleLoss: false }, "acceptConsoleLoss is not true"],
  [{ ...fullCompute, acceptConsoleLoss: 1 }, "acceptConsoleLoss is not true"],
  [{ ...fullCompute, novaApiCredentials: "[a]" }, "novaApiCredentials is not the name of a section of nova.conf"],
  [
    { ...fullCompute, "nova.conf": { spice: { enabled: "true\n[DEFAULT]" } } },
    '["nova.conf"].spice.enabled is not one line of printable ASCII',
  ],
  [
    { ...fullCompute, "nova.conf": { spice: { enabled: true } } },
    '["nova.conf"].spice.enabled is not one line of printable ASCII',
  ],
  [
    { ...fullCompute, "nova.conf": { spice: { "a]\n[b": "" } } },
    '["nova.conf"].spice["..."] is not named by the name of an option of nova.conf',
  ],
  [
    { ...fullCompute, "nova.conf": { "a]": {} } },
    '["nova.conf"]["..."] is not named by the name of a section of nova.conf',
  ],
  [{ ...fullCompute, optionReleases: { spice: { first: 13 } } }, "optionReleases.spice is not named by section/option"],
  [{ ...fullCompute, optionReleases: { "spice/a": {} } }, 'optionReleases["spice/a"].first is missing'],
  [
    { ...fullCompute, consolePorts: { first: 0, last: 65536, sources: {} } },
    "consolePorts.first is not a TCP port; consolePorts.last is not a TCP port",
  ],
  [{ ...fullController, tls: { key: fullController.tls.key } }, "tls.certificate is missing beside key"],
  [{ ...fullController, tls: { ...fullController.tls, key: "x" } }, "tls.key is not a private key in PEM"],
  [{ ...fullController, webClient: { archive: "/a.tgz" } }, "webClient.sha256 is missing beside archive"],
  [
    { ...fullController, webClient: { archive: "file:///a.tgz", sha256: "0".repeat(64) } },
    "webClient.archive is not an absolute path, or a URL of http or https",
  ],
  [
    { ...fullController, repository: { id: "../x", settings: { password: "secret" } } },
    "repository.id is not a name of letters, digits, dots, hyphens and underscores; repository.settings.password is unknown",
  ],
  [{ ...fullController, recipe: { "web-client-on-computes": true } }, 'recipe["web-client-on-computes"] is unknown'],
  [
    { ...fullController, toolsToIgnore: { "Not A Tool": true } },
    'toolsToIgnore["..."] is not named by a word of small letters and hyphens',
  ],
];

/** What no schema can say, and the program on a node refuses all the same. */
export const badBeyondSchema: readonly (readonly [document: object, problems: string])[] = [
  ...[
    ["192.0.2.1/24", "is not a CIDR block, such as 192.0.2.0/24, of its network address"],
    ["192.0.2.0/33", "is not a CIDR block, such as 192.0.2.0/24, of its network address"],
    // Octal to some programs, and to no Python the same as to every other.
    ["010.0.0.0/8", "is not a CIDR block, such as 192.0.2.0/24, of its network address"],
    ["10.0.00.0/8", "is not a CIDR block, such as 192.0.2.0/24, of its network address"],
    ["10.0.0.08/32", "is not a CIDR block, such as 192.0.2.0/24, of its network address"],
    ["::010.0.0.0/128", "is not a CIDR block, such as 192.0.2.0/24, of its network address"],
    ["2001:db8:0::/32", "is not in its canonical form"],
    ["::ffff:192.0.2.0/120", "is an IPv4-mapped block, which no IPv4 packet has as its source"],
    ["::ffff:c000:200/120", "is an IPv4-mapped block, which no IPv4 packet has as its source"],
  ].flatMap(([block = "", rule = ""]) => [
    [{ ...fullController, firewall: { sources: { [block]: {} } } }, `firewall.sources["${block}"] ${rule}`] as const,
    [
      { ...fullCompute, consolePorts: { first: 5900, last: 5900, sources: { [block]: {} } } },
      `consolePorts.sources["${block}"] ${rule}`,
    ] as const,
  ]),
  [
    { ...fullCompute, consolePorts: { first: 6000, last: 5900, sources: {} } },
    "consolePorts.last is before consolePorts.first",
  ],
  [{ ...fullController, "nova.conf": {} }, "tls.certificate has no [DEFAULT] cert that says where it goes"],
];

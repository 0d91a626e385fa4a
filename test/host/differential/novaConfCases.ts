import { RecipeSwitch, Release, TlsVersion, certificateFile, parseCertificate } from "../../../nova";
import { type TestCertificate, makeCertificate } from "../../support/certificate";
import { type ControllerOptions, controllerDocument, retirementDocument } from "../support/documents";
import { CONF, type Case, NAME, type Refusal, add, put, refusals } from "./case";

/** nova.conf in all the ways that host tests and the cases from the field have it, certificates, and noVNC's retirement. */

const document = (options: ControllerOptions = {}) => controllerDocument(NAME, options);
const accepting = document({ acceptPendingChanges: true });
const HOST = "console.example.org";
const SITE = "/etc/nova/site";

/** A document with the certificate in it. */
function withCertificate({ certPem, privateKeyPem }: TestCertificate): string {
  const { value: certificate } = parseCertificate({ certPem, privateKeyPem, host: HOST, now: Date.now() }, "tls");
  if (certificate === undefined) {
    throw new Error("the certificate has faults");
  }
  const tls = { certificate: certificateFile, key: certificateFile, only: true };
  return document({ tls, state: { certificate } });
}
const [one, other] = [makeCertificate({ hosts: [HOST] }), makeCertificate({ hosts: [HOST] })];
const weak = makeCertificate({ hosts: [HOST], rsa: 1024 });
const past = makeCertificate({ hosts: [HOST], from: Date.UTC(2020, 0, 1), to: Date.UTC(2020, 1, 1) });
const future = makeCertificate({ hosts: [HOST], from: Date.UTC(2090, 0, 1), to: Date.UTC(2091, 0, 1) });
const elsewhere = makeCertificate({ hosts: ["example.org", "*.a.example.org", "192.0.2.9"] });
const encrypted = one.key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }) as string;

/** Files of an administrator's that are refused. */
const certificate = (what: string, certPem: string, key: string, mode = "0640"): Refusal => [
  what,
  `${put(`${SITE}/console.pem`, certPem)}${put(`${SITE}/console.key`, key)}chown -R root:nova ${SITE}; chmod ${mode} ${SITE}/console.*`,
  `rm -r ${SITE}`,
  document({ tls: { certificate: `${SITE}/console.pem`, key: `${SITE}/console.key` }, state: { tlsHost: HOST } }),
];
const certificates: readonly Refusal[] = [
  certificate("nova cannot read its key", one.certPem, one.privateKeyPem, "0600"),
  certificate("its key is encrypted", one.certPem, encrypted),
  certificate("its key is another one's", one.certPem, past.privateKeyPem),
  certificate("it is none", "none\n", one.privateKeyPem),
  certificate("it has expired", past.certPem, past.privateKeyPem),
  certificate("it is not valid yet", future.certPem, future.privateKeyPem),
  certificate("it is for other hosts", elsewhere.certPem, elsewhere.privateKeyPem),
];

export const novaConfCases: readonly Case[] = [
  { name: "a controller as Debian installs it" },
  {
    name: "another port and address, then the former ones",
    steps: () => [document({ html5proxyPort: 6083, html5proxyHost: "127.0.0.1" }), document()],
  },
  {
    name: "options in other spellings, twice, and over several lines",
    prepare: add(
      CONF,
      '[spice]\nhtml5proxy_host = 127.0.0.1\n  # more\nhtml5proxy_port: "6083"\n[SPICE]\nhtml5proxy_port=6084\n',
    ),
    steps: () => [accepting],
  },
  {
    name: "a section that is not there, in a file without a last line end",
    prepare: `sed -i '/^\\[spice\\]/,$d' ${CONF}; ${add(CONF, "[x]\ny = 1")}`,
    steps: () => [accepting],
  },
  {
    name: "obsolete options told, commented out, and options again",
    prepare: `sed -i 's/^\\[spice\\]/[spice]\\nssl_only = true/' ${CONF}`,
    steps: () => [document(), document({ removeDeadKeys: true }), document()],
  },
  {
    name: "a link to a file with the line ends of Windows",
    prepare: `mkdir /srv/site; sed 's/$/\\r/' ${CONF} >/srv/site/nova.conf
chown root:nova /srv/site/nova.conf; chmod 640 /srv/site/nova.conf; ${add("/srv/site/nova.conf", "[SPICE]\r\nhtml5proxy_port = 6083\r\n")}
ln -sfn /srv/site/nova.conf ${CONF}`,
  },
  {
    name: "owner, mode and attributes, a value over two lines, an option twice, no last line end",
    prepare: `${add(CONF, "\n[spice]\n# who\nhtml5proxy_host = 127.0.0.1,\n   ::1  \n\n[DEFAULT]\ndebug = True\ndebug = False\n; the end")}
chown nova:adm ${CONF}; chmod 0604 ${CONF}; python3 -c 'import os; os.setxattr("${CONF}", "user.note", b"keep")'`,
    steps: () => [document(), document({ html5proxyPort: 6083 })],
  },
  { name: "bytes that are no UTF-8", prepare: add(CONF, "# \xe9 \xff\n[x]\ny = \xe9\n") },
  { name: "a second hard link", prepare: `ln ${CONF} /etc/nova/second.conf` },
  {
    name: "what is as declared already, in another spelling",
    prepare: `${add(CONF, "[SPICE]\nhtml5proxy_host: '0.0.0.0'\nhtml5proxy_port=6080\nhtml5proxy_port = \"6082\"\n")}
sed -i 's/^NOVA_CONSOLE_PROXY_TYPE=.*/NOVA_CONSOLE_PROXY_TYPE=spicehtml5/' /etc/default/nova-consoleproxy
systemctl disable -q --now nova-novncproxy; systemctl enable -q --now nova-spicehtml5proxy; until ss -Hltn | grep -q :6082; do sleep 0.1; done`,
  },
  {
    name: "an option and a service that somebody changed since, repaired",
    steps: () => [
      document(),
      {
        run: `sed -i 's/^html5proxy_port = 6082$/html5proxy_port = 6083/' ${CONF}; systemctl disable -q --now nova-spicehtml5proxy`,
      },
      document(),
    ],
  },
  {
    name: "an option that somebody changed since, kept at the revert",
    steps: () => [document(), { run: `sed -i 's/^html5proxy_port = 6082$/html5proxy_port = 6082 /' ${CONF}` }],
  },
  {
    name: "somebody's change that waits for a restart",
    steps: () => [
      document(),
      { run: `sleep 1.1; echo '# not mine' >>${CONF}` },
      document({ html5proxyPort: 6083 }),
      document({ html5proxyPort: 6083, acceptPendingChanges: true }),
    ],
  },
  {
    name: "a release that is asserted, session timeout and the recipe's booleans, then two origins beside none",
    steps: () => [
      document({ release: Release.Zed, recipe: [RecipeSwitch.CapitalBooleans] }),
      // Nova 29 has it, and the node 26.
      document({ enforceSessionTimeout: true }),
      document({ allowedOrigins: ["one.example.org", "two.example.org"] }),
    ],
  },
  { name: "noVNC beside it, and retired", steps: () => [document(), retirementDocument(NAME), document()] },
  {
    name: "ciphers and a lowest version of TLS, of files on the node",
    prepare: `${put("/etc/nova/console.pem", one.certPem)}${put("/etc/nova/console.key", one.privateKeyPem)}
chown root:nova /etc/nova/console.*; chmod 640 /etc/nova/console.*`,
    steps: () => [
      document({
        tls: {
          certificate: "/etc/nova/console.pem",
          key: "/etc/nova/console.key",
          ciphers: "ECDHE+AESGCM",
          minimumVersion: TlsVersion.Tls13,
        },
      }),
    ],
  },
  {
    name: "a certificate in the document, another one, one that OpenSSL does not take, and none",
    steps: () => [
      withCertificate(one),
      withCertificate(other),
      withCertificate(other)
        .replace(/^tls-certificate = .*$/m, `tls-certificate = ${base64(weak.certPem)}`)
        .replace(/^tls-key = .*$/m, `tls-key = PRIVATE KEY ${base64(weak.privateKeyPem)}`),
      document(),
      withCertificate(one),
      { run: "systemctl restart nova-novncproxy" },
    ],
  },
  { name: "certificates on the node that are refused", steps: () => refusals(certificates) },
  // The cases from the field.
  {
    name: "field: default-web-is-novnc",
    prepare: `sed -i '0,/^\\[DEFAULT\\]/s//&\\nweb = \\/usr\\/share\\/novnc/' ${CONF}`,
  },
  {
    name: "field: allowed-origins-of-novnc",
    prepare: add(CONF, "[console]\nallowed_origins = dashboard.example.org,vdi.example.org\n"),
    steps: () => [document({ allowedOrigins: ["vdi.example.org", "console.example.org"] }), document()],
  },
  {
    name: "field: console-database-not-set",
    prepare: `sed -i '/^\\[database\\]/,/^\\[/s/^connection/#connection/' ${CONF}`,
  },
  { name: "field: nova-conf-nul", prepare: add(CONF, "[spice]\nhtml5proxy_host = 127.0.0.1\0\n") },
  {
    name: "field: root-noclobber",
    prepare: "printf 'set -o noclobber\\nexport SHELLOPTS\\n' | cat - .bashrc >bashrc; mv bashrc .bashrc",
  },
];

function base64(pem: string): string {
  return pem.replace(/-----.*-----|\n/g, "");
}

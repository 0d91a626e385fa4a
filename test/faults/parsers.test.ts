import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostKeyFault } from "../../host/connection";
import { inspectPrivateKey } from "../../host/privateKey";
import { parseReport } from "../../host/report";
import {
  checkBaseUrl,
  checkRecipe,
  checkWebClient,
  parseCertificate,
  parseCidrs,
  parseRelease,
  repositoryFile,
} from "../../nova";
import { bash42, runInBash } from "../unit/host/support";

/**
 * What the program reads, fed with texts that somebody may have put there: each is read, or refused with one line; none breaks it or makes it hang. 1,000
 * of them; where only a sample of the fault cases is tried, 250, which are others with each seed.
 */

const RUNS = (process.env["OPENSTACK_SPICE_FAULTS"] ?? "all") === "all" ? 1000 : 250;
const seed = Number(process.env["OPENSTACK_SPICE_SEED"] ?? 1);

/** Bytes of all kinds, and texts that begin well. */
const garbage = (begin: readonly string[]) =>
  fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }).map((text) => text.replaceAll("\0", "")),
    fc
      .array(
        fc.oneof(
          fc.constantFrom(...begin),
          fc.string({ unit: "grapheme-ascii", maxLength: 40 }),
          fc.constantFrom("\t", "", "\r", "\u001b[0m", "\u{1f4a5}"),
        ),
        { maxLength: 12 },
      )
      .map((lines) => lines.join("\n")),
  );

/** The texts, as files t0, t1 ... */
function textsOf(begin: readonly string[]) {
  const texts = fc.sample(garbage(begin), { seed, numRuns: RUNS });
  const files = Object.fromEntries(
    texts.map((text, index) => [`t${index}`, Buffer.from(text, "utf8").toString("latin1")]),
  );
  return { texts, files };
}

/**
 * Feeds each text to functions of the program, in a shell of its own, as stdin and as the file `$given`.
 *
 * @returns the outcomes, "STATUS LINES-OF-STDERR", with the texts that ended so; and the lines of the file `known`, to which a script may add
 */
function feed(script: string, begin: readonly string[]) {
  const { texts, files } = textsOf(begin);
  const outcome = runInBash(
    `: >known
     for ((i = 0; i < ${RUNS}; i++)); do
       status=0 told=0 given=t$i
       (trap - EXIT; ${script}) <t$i >out 2>err || status=$?
       [[ ! -s err ]] || told=$(grep -c ^ err)
       printf '%s %s\\n' "$status" "$told"
       ((status < 4)) || cat err >&2
     done`,
    files,
  );
  expect([outcome.status, outcome.stderr]).toEqual([0, ""]);
  const ends = outcome.stdout.trimEnd().split("\n");
  expect(ends.length).toBe(RUNS);
  const byOutcome = new Map<string, string[]>();
  ends.forEach((end, index) => byOutcome.set(end, [...(byOutcome.get(end) ?? []), texts[index] ?? ""]));
  const known = [...new Set((outcome.files["known"] ?? "").trimEnd().split("\n"))];
  return { byOutcome, kinds: [...byOutcome.keys()].sort(), known: known.sort() };
}

/** What other programs write and ours read: whose, by which function, and a text in which it finds something. */
const others: readonly (readonly [name: string, read: string, form: string])[] = [
  ["iptables", 'first_refusal INPUT <"$given"', "*filter\n:INPUT DROP [0:0]\n-A INPUT -j REJECT\nCOMMIT"],
  ["the file of iptables", 'iptables_file_with "$given" LINE | grep -ax LINE', "*filter\nCOMMIT"],
  [
    "nftables",
    'nft() { cat "$given"; }; nft_refusing_chains',
    "table inet filter {\n\tchain input { # handle 1\n\t\ttype filter hook input priority 0; policy drop;\n\t\treject # handle 2\n\t}\n}",
  ],
  [
    "the file of nftables",
    'nft_file place "$given" "inet filter input"',
    "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n\t}\n}",
  ],
  [
    "firewalld",
    'firewalld_zones 192.0.2.0/24 <"$given"',
    "public\npublic (default)\n  target: default\n  interfaces: eth0\n  sources: 192.0.2.0/24",
  ],
  [
    "the file of a zone",
    `firewalld_file has "$given" 'rule family="ipv4" source address="192.0.2.0/24" port port="6082" protocol="tcp" accept'`,
    '<rule family="ipv4">\n<source address="192.0.2.0/24"/>\n<port port="6082" protocol="tcp"/>\n<accept/>\n</rule>',
  ],
  [
    "the file of ufw",
    'ufw_state ufw "$given" "allow from 192.0.2.0/24 to any port 6082 proto tcp" | grep -x in',
    "### tuple ### allow tcp 6082 0.0.0.0/0 any 192.0.2.0/24 in",
  ],
  [
    "rules that accept",
    'accepting_rules iptables 5900-5999 <"$given"',
    "-A INPUT -p tcp -m tcp --dport 5901 -j ACCEPT",
  ],
  ["apt", 'apt_reason <"$given" >/dev/null; apt_simulated <"$given"', "Inst a (1 Debian:12)"],
  [
    "dnf",
    'dnf_reason <"$given" >/dev/null; dnf_simulated <"$given"',
    "Installing:\n a noarch 1 epel 2 k\nTransaction Summary",
  ],
  ["a shell file", 'shell_line "$given" NOVA_CONSOLE_PROXY_TYPE', "NOVA_CONSOLE_PROXY_TYPE=novnc"],
  ["a dead key", 'dead_key_state "$given" spice/keymap | grep -x key', "[spice]\nkeymap = de"],
  ["a certificate", 'pem_fingerprint <"$given"', "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
];

describe.skipIf(!bash42)(
  `${RUNS} texts of garbage (needs bash 4.2 here)`,
  () => {
    it("as desired state: each is refused in one line, unless it has the two lines that suffice", () => {
      const begin = [
        "controller = n",
        "owner = a/b/c",
        "[spice]",
        "enabled = true",
        "# x",
        "allow-from = 192.0.2.0/24",
      ];
      const {
        "2 1": refused = [],
        "0 0": read = [],
        ...rest
      } = Object.fromEntries(feed("read_document", begin).byOutcome);
      expect(rest).toEqual({});
      expect(refused.length).toBeGreaterThan(RUNS / 2);
      // By some seeds the two lines that suffice come together.
      for (const text of read) {
        expect(text.split("\n")).toEqual(expect.arrayContaining(["controller = n", "owner = a/b/c"]));
      }
    });

    it("as a record: each is read, or refused in one line", () => {
      const begin = [
        "# openstack-spice record 1",
        "# owner a/b/c",
        "option\t/etc/nova/nova.conf\tspice/enabled\t-\t=eA==",
        "unit\tx\t-\ta b\tc d",
      ];
      const script =
        'ROLE=controller; mkdir -p "$(role_folder controller)"; cp "$given" "$(record_file controller)"; check_record controller';
      const { "3 1": refused = [], "0 0": read = [], ...rest } = Object.fromEntries(feed(script, begin).byOutcome);
      expect(rest).toEqual({});
      expect(refused.length).toBeGreaterThan(RUNS / 2);
      for (const text of read) {
        expect(text.split("\n")[0]).toBe("# openstack-spice record 1");
      }
    });

    it("as nova.conf: each is read, and what is not there is not found", () => {
      const begin = [
        "[spice]",
        "[DEFAULT]",
        "enabled = true",
        " continued",
        "enabled",
        "= x",
        "[",
        "]",
        "# enabled = x",
      ];
      const script =
        'test "$(ini get "$given" no_section no_option)" = absent; ini value "$given" spice enabled >/dev/null; ini put "$given" spice enabled "enabled = 1" >new; [[ $(ini value new spice enabled) == 1* ]] || test "$(ini sections "$given" spice -)" = 0';
      expect(feed(script, begin).kinds).toEqual(["0 0"]);
    });

    it("as what other programs write: each is read, and in each of their forms something is found", () => {
      const script = others
        .map(([name, read]) => `found=$(${read}) || :; [[ -z $found ]] || echo "${name}" >>known`)
        .join("\n");
      const { kinds, known } = feed(
        script,
        others.map(([, , form]) => form),
      );
      expect(kinds).toEqual(["0 0"]);
      expect(known).toEqual(others.map(([name]) => name).sort());
    });

    it("as Pacemaker's configuration, or a certificate's file on the node: each is read, or refused in one line", () => {
      const { files } = textsOf(["<cib>", "<configuration>", "<resources/>", "</cib>", "-----BEGIN CERTIFICATE-----"]);
      const { status, stdout, stderr } = runInBash(
        `for name in CIB CERTIFICATE; do
           variable=\${name}_PROGRAM
           printf '%s' "\${!variable}" >program.py
           python3 - $name ${RUNS} <<'END'
import io, sys
name, runs = sys.argv[1], int(sys.argv[2])
program = compile(open("program.py").read(), "program.py", "exec")
ends = set()
for i in range(runs):
    text = "t%d" % i
    sys.stdin = open(text, errors="surrogateescape")
    sys.argv = ["-", "nova-compute"] if name == "CIB" else ["-", text, text, "host"]
    sys.stdout = io.StringIO()
    try:
        exec(program, {})
        status = 0
    except SystemExit as end:
        status = end.code
    ends.add("%s %d" % (status, len(sys.stdout.getvalue().splitlines())))
sys.stdout = sys.__stdout__
print(name, sorted(ends))
END
         done`,
        files,
      );
      expect([status, stdout, stderr]).toEqual([0, "CIB ['1 0']\nCERTIFICATE ['9 1']\n", ""]);
    });
  },
  300_000,
);

describe(`${RUNS} texts of garbage`, () => {
  it("as a node's report: each is read, and nothing is made up", () => {
    fc.assert(
      fc.property(
        garbage(["change spice/enabled: false -> true", "nova 26.2.2", "package a 1", "changed 1", "firewall none"]),
        (text) => {
          const { changes, guestsWithoutSpice, restarted } = parseReport(text);
          for (const change of [...changes, ...guestsWithoutSpice, ...restarted]) {
            expect(text).toContain(change);
          }
        },
      ),
      { seed, numRuns: RUNS },
    );
  });

  it("as an argument: each is taken, or refused with reasons of one line", () => {
    const now = Date.UTC(2026, 0);
    fc.assert(
      fc.property(
        garbage([
          "-----BEGIN CERTIFICATE-----",
          "-----BEGIN PRIVATE KEY-----",
          "-----BEGIN OPENSSH PRIVATE KEY-----",
          "-----BEGIN PGP PUBLIC KEY BLOCK-----",
          "AAAA",
          "https://console.example.org:6082/spice_auto.html",
          "ssh-ed25519 AAAA",
          "192.0.2.0/24",
          "2001:db8::/33",
          "26",
          "restart-httpd",
        ]),
        (text) => {
          const faults = [
            ...parseCertificate({ certPem: text, privateKeyPem: text, now }, "tls").faults,
            ...parseCidrs([text], "sources").faults,
            ...parseRelease(text).faults,
            ...checkBaseUrl({ baseUrl: text }, "baseUrl"),
            ...checkRecipe([text], "recipe"),
            ...checkWebClient({ archive: text, sha256: text }, "webClient"),
            ...repositoryFile({ id: text, name: text, baseUrl: text, gpgKey: text }, "packageRepository").faults,
          ].map(({ reason }) => reason);
          const more = [hostKeyFault(text), JSON.stringify(inspectPrivateKey(text))];
          for (const reason of [...faults, ...more]) {
            expect(reason ?? "none.").toMatch(/^[^\n\r]+$/);
          }
        },
      ),
      { seed, numRuns: RUNS },
    );
  });
});

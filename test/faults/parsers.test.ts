import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseReport } from "../../host/report";
import { bash42, runInBash } from "../unit/host/support";

/** What the program reads, fed with 1,000 texts that somebody may have put there: each is read, or refused with one line; none breaks it or makes it hang. */

const RUNS = 1000;
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

/** Feeds each text to a function of the program, in a shell of its own, as stdin or as the file `given`. Gives the outcomes, "STATUS LINES-OF-STDERR", and with each the texts that ended so. */
function feed(script: string, begin: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const texts = fc.sample(garbage(begin), { seed, numRuns: RUNS });
  const files = Object.fromEntries(
    texts.map((text, index) => [`t${index}`, Buffer.from(text, "utf8").toString("latin1")]),
  );
  const { status, stdout, stderr } = runInBash(
    `for ((i = 0; i < ${RUNS}; i++)); do
       status=0
       (trap - EXIT; ln -sf t$i given; ${script}) <t$i >out 2>err || status=$?
       printf '%s %s\\n' "$status" "$(grep -c ^ err)"
       ((status < 4)) || cat err >&2
     done`,
    files,
  );
  expect([status, stderr]).toEqual([0, ""]);
  const outcomes = stdout.trimEnd().split("\n");
  expect(outcomes.length).toBe(RUNS);
  const byOutcome = new Map<string, string[]>();
  outcomes.forEach((outcome, index) => byOutcome.set(outcome, [...(byOutcome.get(outcome) ?? []), texts[index] ?? ""]));
  return byOutcome;
}

/** The outcomes of `feed`, each once. */
const kinds = (outcomes: ReadonlyMap<string, unknown>) => [...outcomes.keys()].sort();

describe.skipIf(!bash42)(
  "1,000 texts of garbage (needs bash 4.2 here)",
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
      const { "2 1": refused = [], "0 0": read = [], ...others } = Object.fromEntries(feed("read_document", begin));
      expect(others).toEqual({});
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
      const outcomes = feed(
        'ROLE=controller; mkdir -p "$(role_folder controller)"; cp given "$(record_file controller)"; check_record controller',
        begin,
      );
      // Some are records, if odd ones.
      expect(kinds(outcomes)).toEqual(["0 0", "3 1"]);
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
        'test "$(ini get given no_section no_option)" = absent; ini value given spice enabled >/dev/null; ini put given spice enabled "enabled = 1" >new; [[ $(ini value new spice enabled) == 1* ]] || test "$(ini sections given spice -)" = 0';
      expect(kinds(feed(script, begin))).toEqual(["0 0"]);
    });

    it("as a firewall's rules: each is read", () => {
      const begin = [
        "*filter",
        ":INPUT DROP [0:0]",
        "-A INPUT -j REJECT",
        "COMMIT",
        "table inet filter {",
        "\tchain input {",
        "\t\ttype filter hook input priority 0; policy drop;",
        "\t\treject",
        "\t}",
        "}",
      ];
      const script =
        'first_refusal INPUT <given >/dev/null; nft_ruleset() { cat given; }; nft_refusing_chains >/dev/null; nft_file place given "inet filter input" >/dev/null';
      expect(kinds(feed(script, begin))).toEqual(["0 0"]);
    });
  },
  300_000,
);

describe("1,000 texts of garbage", () => {
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
});

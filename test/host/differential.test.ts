import { randomInt } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { sample } from "../faults/support/sample";
import { comparesAll } from "../support/differential";
import { computeCases } from "./differential/computeCases";
import { Node, deedsOfBoth, differences } from "./differential/deeds";
import { firewallCases } from "./differential/firewallCases";
import { novaConfCases } from "./differential/novaConfCases";
import { packageCases } from "./differential/packageCases";
import { refusalCases } from "./differential/refusalCases";

/**
 * The two node programs, in bash and in Python, on the same node and the same files: the same plan, report, messages and exit status, the same bytes and
 * modes, rules, units and packages, and the same after a revert. All cases are tried with OPENSTACK_SPICE_DIFFERENTIAL=all, those whose name
 * matches with a regular expression there; else two, chosen by OPENSTACK_SPICE_SEED.
 */

/** What differs wherever it is: the row of the trial that demands it, and the lines. */
const everywhere: readonly (readonly [row: string, lines: RegExp])[] = [
  [
    "told once, however many sources there are",
    /^(check|run) \d+ - openstack-spice: \S+: ip6?tables has no persistent file, /,
  ],
  [
    "D9: the unit closes the ports before it loads the rules, and loads none with another digest",
    /^(file|left) \/etc\/\S+\/openstack-spice-(console-ports|proxy-port)\.service \+ (# Closes the ports to all, |Exec(Start|Reload)=|\[X-Rules\]$|SHA256 \(|$)/,
  ],
];

/** What closes ports by iptables is a file of iptables-restore, whose digest the unit has, and no script of a shell's. */
const closedByIptables = [
  "D9",
  /^file \/etc\/openstack-spice-(console-ports|proxy-port) [-+] /,
  /^file \S+\/openstack-spice-(console-ports|proxy-port)\.service - Exec(Start|Reload)=\/bin\/sh /,
] as const;

/** What differs in one case: the row of the trial, or the decision, that demands it; and what the lines are. */
const demanded: Readonly<Record<string, readonly [why: string, ...lines: readonly RegExp[]]>> = {
  "bytes that are no UTF-8": [
    "D33: refused before Python's error names no line",
    /^(check|run) 1 - .*UnicodeDecodeError: /,
    /^(check|run) 1 \+ .*: line \d+ of \/etc\/nova\/nova\.conf is not UTF-8/,
  ],
  "a second hard link": ["D11", /^run 1 \+ .* has 2 names \(hard links\)/],
  "field: default-web-is-novnc": [
    "refused before the first write",
    /^(check|run) 1 - /,
    /^(check|run) 1 \+ (exit status 3$|.*would serve the pages in \/usr\/share\/novnc)/,
  ],
  "field: allowed-origins-of-novnc": [
    "noVNC's origins stay",
    /^(check|run) [12] [-+] change console\/allowed_origins: /,
    /^(check|run) 1 \+ .*allowed_origins is read by nova-novncproxy too/,
    /^audit [-+] .*: console\/allowed_origins: /,
  ],
  "nftables as on RHEL 9, whose file has not the chain, does not load, and is as it should be": [
    "D2: a file to be tested needs no room in /run",
    /^run 5 \(does not load\) - \/run\/openstack-spice\S+: Error: /,
    /^run 5 \(does not load\) \+ \/dev\/stdin:\S+: Error: /,
  ],
  "a compute: work that a restart would cut off": [
    "field: instances-path-by-reference",
    /^check \d+ \(field: instances-path-by-reference\) \+ .* busy: the image \S+ is fetched/,
  ],
  "a proxy's port closed by iptables": closedByIptables,
  "console ports closed by iptables": closedByIptables,
  "a port that another program takes first": [
    "refused before the first write",
    /^(check|run) 1 - /,
    /^(check|run) 1 \+ (exit status 3$|.* TCP 6082 is held by another program: )/,
  ],
  "field: console-database-not-set": ["told", /^(check 1|run 1|again) \+ .*\[database\] connection of \S+ is not set/],
  "field: nova-conf-nul": [
    "it comes back",
    /^\w.* - .*(null byte in input|\/proc\/0\/cmdline: No such file or directory)$/,
    /^\w.* [-+] .*spice\/html5proxy_host: /,
    /^left - \/etc\/nova\/nova\.conf changed /,
  ],
  "what does not pass the checks": [
    "a tool is looked for by every verb; D20; the program is unpacked; D10",
    /^(check|run) \d+ \(no systemd-run\) [-+] /,
    /^(check|run) \d+ \(a nova\.conf with .*\) [-+] .*oslo\.config cannot read /,
    /^check \d+ \(a disk that has no room for the program\) [-+] /,
    /^(check|run) \d+ \(a damaged record\) [-+] .* is damaged: /,
  ],
  "field: root-noclobber": [
    "its lock is there from the last run",
    /^run 1 - (exit status 1$|.*\/openstack-spice\.callers\.lock: cannot overwrite existing file)/,
    /^run 1 \+ exit status 0$/,
  ],
  "field: nft-multi-line-braces": [
    "D2: a file to be tested needs no room in /run",
    /^run 1 - (\/run\/openstack-spice\S+: Error: |\s)/,
    /^run 1 \+ (\/dev\/stdin:\S+: Error: |\s)/,
  ],
  "field: firewall-file-without-final-newline, nftables": [
    "it comes back without one",
    /^file \/etc\/nftables\.conf - $/,
    /^left - \/etc\/nftables\.conf changed /,
  ],
  "field: firewall-file-without-final-newline, iptables": [
    "it comes back without one",
    /^file \/etc\/iptables\/rules\.v4 - $/,
    /^left - \/etc\/iptables\/rules\.v4 changed /,
  ],
};

const cases = [...novaConfCases, ...refusalCases, ...packageCases, ...firewallCases, ...computeCases];
const asked = process.env["OPENSTACK_SPICE_DIFFERENTIAL"] ?? "";
const seed = Number(process.env["OPENSTACK_SPICE_SEED"] ?? randomInt(2 ** 31));
const some = asked === "" ? sample(cases, 2, seed) : cases.filter(({ name }) => new RegExp(asked).test(name));
const chosen = comparesAll ? cases : some;

describe(`both programs (${chosen.length} of ${cases.length} cases, seed ${seed})`, () => {
  const nodes = new Node();
  afterAll(async () => {
    await nodes.remove();
  });

  const layerOf = ({ layer = "proxy" }: (typeof cases)[number]) => layer;
  it.each([...chosen].sort((one, other) => layerOf(other).localeCompare(layerOf(one))))(
    "do the same: $name",
    async (given) => {
      const [inBash, inPython] = await deedsOfBoth(given, nodes);
      const found = differences(inBash, inPython).filter((line) => !everywhere.some(([, lines]) => lines.test(line)));
      const [, ...wanted] = demanded[given.name] ?? [""];
      expect(found.filter((line) => !wanted.some((pattern) => pattern.test(line)))).toEqual([]);
      expect(wanted.filter((pattern) => !found.some((line) => pattern.test(line)))).toEqual([]);
    },
    1200_000,
  );
});

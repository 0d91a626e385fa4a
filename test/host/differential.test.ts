import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ProgramLanguage, hostProgram } from "../../host/program";
import { Release } from "../../nova";
import { sample } from "../faults/support/sample";
import { LabNode, type Outcome } from "../support/lab";
import { controllerDocument, retirementDocument } from "./support/documents";
import { converge, revert, runVerb } from "./support/program";
import { type Snapshot, changedPaths, snapshot } from "./support/snapshot";

/**
 * The two node programs, in bash and in Python, on the same node and the same files: the same report, messages and exit status, the same bytes, and all back
 * after a revert. What is to differ has a test of its own, named by the row of the trial that it is for.
 */

const NAME = "h-both";

/** What one program did in one case. */
interface Deeds {
  readonly check: Outcome;
  readonly first: Outcome;
  /** What the files are that it changed, by path; and all that the snapshot has beside files. */
  readonly changed: Readonly<Record<string, string>>;
  readonly after: Omit<Snapshot, "etc" | "own" | "processes">;
  readonly second: Outcome;
  readonly reverted: Outcome;
  readonly left: Readonly<Record<string, string>>;
}

/** A case: what the node is like before, and what it is to be. */
interface Case {
  readonly name: string;
  /** Shell text, run by root. */
  readonly prepare?: string;
  readonly documents: readonly string[];
}

const conf = (edit: string) => `sed -i '${edit}' /etc/nova/nova.conf && systemctl restart nova-novncproxy`;

const cases: readonly Case[] = [
  { name: "a controller as Debian installs it", documents: [controllerDocument(NAME)] },
  {
    name: "another port and address, then the former ones",
    documents: [
      controllerDocument(NAME, { html5proxyPort: 6083, html5proxyHost: "127.0.0.1" }),
      controllerDocument(NAME),
    ],
  },
  {
    name: "options that stand there in other spellings, twice, and over several lines",
    prepare: `printf '[spice]\\nhtml5proxy_host = 127.0.0.1\\n  # more\\nhtml5proxy_port: "6083"\\n[SPICE]\\nhtml5proxy_port=6084\\n' >>/etc/nova/nova.conf`,
    documents: [controllerDocument(NAME, { acceptPendingChanges: true })],
  },
  {
    name: "a section that is not there, in a file without a last line end",
    prepare: `sed -i '/^\\[spice\\]/,$d' /etc/nova/nova.conf; printf '[x]\\ny = 1' >>/etc/nova/nova.conf`,
    documents: [controllerDocument(NAME, { acceptPendingChanges: true })],
  },
  {
    name: "dead keys told, and commented out",
    prepare: conf("s/^\\[spice\\]/[spice]\\nssl_only = true/"),
    documents: [controllerDocument(NAME), controllerDocument(NAME, { removeDeadKeys: true }), controllerDocument(NAME)],
  },
  { name: "noVNC beside it, and retired", documents: [controllerDocument(NAME), retirementDocument(NAME)] },
  {
    name: "a firewall of iptables with a persistent file",
    prepare:
      "iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -A INPUT -j DROP; mkdir -p /etc/iptables; iptables-save >/etc/iptables/rules.v4",
    documents: [controllerDocument(NAME, { allowedSources: ["198.18.0.0/24", "192.0.2.0/28"] })],
  },
  { name: "a release that is another one", documents: [controllerDocument(NAME, { release: Release.Yoga })] },
  {
    name: "a masked unit",
    prepare: "systemctl mask nova-spicehtml5proxy 2>/dev/null",
    documents: [controllerDocument(NAME)],
  },
  {
    name: "a nova.conf that is not there",
    prepare: "mv /etc/nova/nova.conf /root/",
    documents: [controllerDocument(NAME)],
  },
  {
    name: "a port that another program has",
    prepare:
      "systemctl stop nova-spicehtml5proxy; systemd-run -q --unit=other python3 -m http.server 6082; until ss -Hltn 'sport = :6082' | grep -q .; do sleep 0.1; done",
    documents: [controllerDocument(NAME)],
  },
];

/** With `all` in OPENSTACK_SPICE_DIFFERENTIAL every case is tried; else two of the first six, chosen by OPENSTACK_SPICE_SEED, since each takes a minute. */
const chosen =
  process.env["OPENSTACK_SPICE_DIFFERENTIAL"] === "all"
    ? cases
    : sample(cases.slice(0, 6), 2, Number(process.env["OPENSTACK_SPICE_SEED"] ?? randomInt(2 ** 31)));

describe("both programs", () => {
  let node: LabNode;
  beforeAll(async () => {
    node = await LabNode.boot(NAME, "proxy");
  });
  afterAll(async () => {
    await node.remove();
  });

  /** Text without what differs from run to run: process ids, times, the program's digest. */
  const steady = (text: string) =>
    text.replaceAll(/\bpid \d+/g, "pid N").replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, "TIME");
  const plain = ({ status, stdout, stderr }: Outcome): Outcome => ({
    status,
    stdout: steady(stdout),
    stderr: steady(stderr),
  });

  async function deedsOf(language: ProgramLanguage, { prepare = ":", documents }: Case): Promise<Deeds> {
    const program = hostProgram(language);
    await node.reset();
    await node.read(prepare);
    const before = await snapshot(node);
    const [document = ""] = documents;
    const check = await runVerb(node, "check", document, program);
    let first = check;
    for (const wanted of documents) {
      first = await converge(node, wanted, { program });
    }
    const after = await snapshot(node);
    const paths = Object.keys(changedPaths(before, after)).filter((path) => !path.includes("/openstack-spice-"));
    const changed: Record<string, string> = {};
    for (const path of paths) {
      const outcome = await node.run(`cat '${path}'`);
      changed[path] = `${after.etc[path] ?? "gone"}\n${outcome.stdout}`;
    }
    const second = await converge(node, documents.at(-1) ?? "", { program });
    let reverted: Outcome = { status: 0, stdout: "", stderr: "" };
    for (const wanted of [...documents].reverse()) {
      reverted = await revert(node, wanted.split(" ")[0] ?? "");
    }
    const left = changedPaths(before, await snapshot(node));
    const { packages, units, rules } = after;
    return {
      check: plain(check),
      first: plain(first),
      changed,
      after: { packages, units, rules },
      second: plain(second),
      reverted: plain(reverted),
      left,
    };
  }

  it.each(chosen)("do the same with $name", async (given) => {
    const inBash = await deedsOf("bash", given);
    expect(await deedsOf("python", given)).toEqual(inBash);
    expect(inBash.left).toEqual({});
  });
});

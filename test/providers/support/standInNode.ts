/** Stacks for tests of the real components on the real engine, with nodes that are a stand-in for the program on a node. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Project, REPOSITORY, type Run } from "../../support/engine";
import { reportOf } from "../../support/report";
import { missingSshd, Sshd } from "./sshd";

/**
 * What every login gets in place of what it asks for (`ForceCommand`): nothing that the components send is run on this machine. Uploads go to a folder of the
 * test. Of each converge and revert the role and the node are kept in a log, and it reports that nothing was to be done. Of other commands it knows `true`, and
 * fails at the others. A node that is named in the file
 * `failing` fails, and one in `silent` ends without a word.
 */
const standIn = (folder: string): string => `#!/bin/sh
cd '${folder}' || exit
case $SSH_ORIGINAL_COMMAND in
  *sftp-server) cd home && exec $SSH_ORIGINAL_COMMAND ;;
  "bash ~/.openstack-spice/"*) verb=converge ;;
  "sh -c 'cd /var/lib||"*) verb=revert ;;
  true) exit ;;
  *) echo "the stand-in does not know: $SSH_ORIGINAL_COMMAND" >&2; exit 1 ;;
esac
state=$(cat)
value() { printf '%s' "$state" | grep -o "\\"$1\\":\\"[^\\"]*\\"" | cut -d '"' -f 4; }
node=$(value node)
echo "$verb $(value role) $node" >>log
if grep -qsxF -e "$node" silent; then exit 0; fi
if grep -qsxF -e "$node" failing; then echo "$node fails" >&2; exit 1; fi
cat report
`;

/** Where the sshd listens beside 127.0.0.1, so that nodes have different addresses. */
const addresses = [2, 3, 4, 5, 6, 7, 8, 9].map((last) => `127.0.0.${last}`);

/** What the engine keeps of a resource, as far as tests look at it. */
export interface Kept {
  readonly type: string;
  readonly custom: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly deletedWith?: string;
  readonly customTimeouts?: object;
}

/** What keeps such stacks from running here, with the remedy; undefined: nothing. */
export function missingForNodes(): string | undefined {
  return process.platform === "linux"
    ? missingSshd()
    : "skipped: only Linux has all of 127.0.0.0/8 on its loopback. Run it on a Linux machine.";
}

/** One stack, all of whose nodes are one sshd on loopback. */
export class StandInStack {
  readonly project = new Project();

  private constructor(
    private readonly folder: string,
    private readonly sshd: Sshd,
  ) {}

  /** Starts the sshd, and makes the stack. @param report what each node reports */
  static async start(report = reportOf("nova 26.2.2", "firewall none", "changed 0")): Promise<StandInStack> {
    const folder = mkdtempSync(join(tmpdir(), "openstack-spice-stand-in-"));
    const login = join(folder, "login");
    mkdirSync(join(folder, "home"));
    writeFileSync(login, standIn(folder), { mode: 0o755 });
    writeFileSync(join(folder, "report"), report);
    const lines = addresses.map((address) => `ListenAddress ${address}`);
    const stack = new StandInStack(folder, await Sshd.start([`ForceCommand ${login}`, ...lines]));
    // The types of what it runs are checked with all others: the engine need not do it at each start.
    stack.project.setEnvironment("PULUMI_NODEJS_TRANSPILE_ONLY", "true");
    return stack;
  }

  /** The text of the private key that logs in, which must not be seen anywhere. */
  get privateKey(): string {
    return this.sshd.key.privateKey;
  }

  /**
   * Writes the stack's program. Known to it: `pulumi`, `remote`, the package as `spice`, the arguments `proxy` and `ssh`, and the connection to a node
   * at the address 127.0.0.N, `at(N)`, from 1 to 9.
   */
  declare(program: string): void {
    const { hostKey, port, user } = this.sshd;
    this.project.write(
      "index.ts",
      `import * as pulumi from "@pulumi/pulumi";
import { remote } from "@pulumi/command";
import { readFileSync } from "node:fs";
import * as spice from ${JSON.stringify(join(REPOSITORY, "components"))};
const at = (last: number) => ({ host: \`127.0.0.\${last}\`, hostKey: ${JSON.stringify(hostKey.publicKey)} });
const privateKey = readFileSync(${JSON.stringify(this.sshd.key.path)}, "utf8");
const ssh = { ...${JSON.stringify({ port, user, dialErrorLimit: 1 })}, privateKey };
const baseUrl = "http://console.example.org:6082/spice_auto.html";
const proxy = { baseUrl, allowedSources: ["203.0.113.0/24"] };
${program}`,
    );
  }

  /** `pulumi up` of a program, without a preview. */
  async up(program: string, ...more: readonly string[]): Promise<Run> {
    this.declare(program);
    return await this.project.pulumiBeside("up", "--yes", "--skip-preview", ...more);
  }

  /** `pulumi preview --diff` of a program. */
  async preview(program: string): Promise<Run> {
    this.declare(program);
    return await this.project.pulumiBeside("preview", "--diff");
  }

  /** `pulumi destroy`. */
  async destroy(): Promise<Run> {
    return await this.project.pulumiBeside("destroy", "--yes", "--skip-preview");
  }

  /** The resources of the stack by name, as the engine keeps them. */
  resources(): ReadonlyMap<string, Kept> {
    const { output } = this.project.pulumi("stack", "export");
    const { deployment } = JSON.parse(output) as { deployment: { resources?: readonly (Kept & { urn: string })[] } };
    return new Map((deployment.resources ?? []).map((kept) => [kept.urn.split("::").at(-1) ?? "", kept]));
  }

  /** What has run on the nodes since this was last asked: `VERB ROLE NODE`, in the order in which it did. */
  ran(): readonly string[] {
    const log = join(this.folder, "log");
    writeFileSync(log, "", { flag: "a" });
    const lines = readFileSync(log, "utf8").split("\n").slice(0, -1);
    rmSync(log);
    return lines;
  }

  /** Has the nodes of these names, and no others, fail or end without a word. */
  have(failure: "failing" | "silent", ...nodes: readonly string[]): void {
    writeFileSync(join(this.folder, failure), nodes.map((node) => `${node}\n`).join(""));
  }

  /** Ends the sshd, and removes all. */
  async stop(): Promise<void> {
    this.project.remove();
    await this.sshd.stop();
    rmSync(this.folder, { recursive: true });
  }
}

import { execFileSync, spawn } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Project, REPOSITORY, type Run } from "../../support/engine";
import { LAB_STATE, LabNode, lab } from "../../support/lab";

/** The lab's controller and compute, fresh, with their VNC-only guest; and a stack of this very program that describes them. */
export class Cloud {
  private constructor(
    readonly controller: LabNode,
    readonly compute: LabNode,
    private readonly project: Project,
  ) {}

  /** Boots both nodes with fresh disks, and makes the stack `up`, which has nothing in it yet. */
  static async boot(): Promise<Cloud> {
    await lab("up", "--fresh");
    const project = new Project();
    project.write("Pulumi.yaml", readFileSync(join(REPOSITORY, "Pulumi.yaml"), "utf8"));
    project.write("index.ts", `export * from ${JSON.stringify(join(REPOSITORY, "index"))};\n`);
    const cloud = new Cloud(LabNode.named("control-1"), LabNode.named("compute-1"), project);
    const init = cloud.pulumi("stack", "init", "up");
    if (init.status !== 0) {
      throw new Error(init.output);
    }
    return cloud;
  }

  /** A folder for what a test needs beside the project. */
  get folder(): string {
    return this.project.folder;
  }

  /** The lab's own key, which logs in to both nodes. */
  get keyFile(): string {
    return join(LAB_STATE, "id");
  }

  /** The configuration that brings the lab's cloud to SPICE; a test changes what it is about. */
  configuration(): Configuration {
    return {
      proxy: {
        baseUrl: `http://${this.controller.address}:6082/spice_auto.html`,
        listenAddress: "0.0.0.0",
        allowedSources: ["198.18.0.0/24"],
      },
      ssh: { user: "ops" },
      sshPrivateKeyFile: this.keyFile,
      controllers: [{ name: "control-1", connection: connection(this.controller) }],
      computes: [
        { name: "compute-1", connection: connection(this.compute), serverProxyclientAddress: this.compute.address },
      ],
    };
  }

  /** Writes the stack's file. The engine's salt in it stays. */
  configure(configuration: Configuration): void {
    const file = join(this.project.folder, "Pulumi.up.yaml");
    const salt = /^encryptionsalt: .*$/m.exec(readFileSync(file, "utf8"))?.[0] ?? "";
    const keys = Object.entries(configuration).map(([key, value]) => [`openstack-spice:${key}`, value]);
    // JSON is YAML.
    writeFileSync(file, `${salt}\nconfig: ${JSON.stringify(Object.fromEntries(keys))}\n`);
  }

  /** Runs the CLI on the stack. */
  pulumi(...args: readonly string[]): Run {
    return this.project.pulumi(...args);
  }

  /** As {@link pulumi}, while this process goes on. */
  async pulumiBeside(...args: readonly string[]): Promise<Run> {
    return await this.project.pulumiBeside(...args);
  }

  /** Gives the engine an SSH agent of its own that holds the lab's key, until `end` is called. */
  agent(): { end(): void } {
    const socket = join(this.project.folder, "agent.socket");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    // ssh-add tries once; the socket is there a moment after the agent's start.
    execFileSync(
      "bash",
      ["-c", 'for ((i = 0; i < 100; i++)); do ssh-add -q "$1" && exit; sleep 0.05; done; exit 1', "-", this.keyFile],
      {
        env: { ...process.env, SSH_AUTH_SOCK: socket },
        stdio: "ignore",
      },
    );
    this.project.setEnvironment("SSH_AUTH_SOCK", socket);
    return {
      end: () => {
        agent.kill();
        this.project.setEnvironment("SSH_AUTH_SOCK", undefined);
      },
    };
  }

  /** Every file of the stack's state folder, joined: the checkpoint, its history and backups. */
  everyStateFile(): string {
    const state = join(this.project.folder, "state");
    return readdirSync(state, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
      .join("\n");
  }

  /** Bytes of the checkpoint that belong to one node: its component with everything below it. */
  stateBytes(node: string): number {
    const file = join(this.project.folder, "state/.pulumi/stacks/openstack-spice/up.json");
    const { checkpoint } = JSON.parse(readFileSync(file, "utf8")) as {
      checkpoint: { latest: { resources: readonly { urn: string }[] } };
    };
    return checkpoint.latest.resources
      .filter(({ urn }) => (urn.split("::").at(-1) ?? "").startsWith(`cloud-${node}`))
      .reduce((bytes, resource) => bytes + JSON.stringify(resource).length, 0);
  }

  /** Takes the project away; the lab's nodes stay for the next test file. */
  remove(): void {
    this.project.remove();
  }
}

/** A stack's configuration without the project's prefix. */
export interface Configuration {
  [key: string]: unknown;
  proxy: Record<string, unknown>;
  ssh: Record<string, unknown>;
  controllers: { name: string; connection: Record<string, unknown>; proxySourceAddresses?: string[] }[];
  computes: { name: string; connection: Record<string, unknown>; serverProxyclientAddress: string }[];
}

function connection(node: LabNode): Record<string, unknown> {
  return { host: node.address, hostKey: hostKey(node) };
}

/** The node's host key, as the lab knows it. */
export function hostKey(node: LabNode): string {
  const line = readFileSync(join(LAB_STATE, "known_hosts"), "utf8")
    .split("\n")
    .find((candidate) => candidate.split(" ")[0]?.split(",").includes(node.address));
  return line?.split(" ").slice(1, 3).join(" ") ?? "";
}

/** The types of the guest's graphics, as libvirt has them. */
export async function graphics(): Promise<readonly string[]> {
  return [...(await lab("guest-xml")).matchAll(/^ *<graphics type='([a-z]+)'/gm)].map(([, type]) => type ?? "");
}

import { execFileSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Project, REPOSITORY, type Run } from "../../support/engine";
import { LAB_STATE, type LabNode } from "../../support/lab";
import { hostKey } from "./cloud";

/** A controller of a test's stack, as the component takes it. */
export interface TestController {
  readonly name: string;
  readonly connection: Record<string, unknown>;
  readonly onDestroy?: "restore" | "keep";
  readonly extraNovaOptions?: Record<string, string>;
}

/** What a test's stack declares. */
export interface Declared {
  readonly controllers: readonly TestController[];
  readonly computes?: readonly TestController[];
  /** The login for all nodes. @default ops, with the lab's key */
  readonly ssh?: Record<string, unknown>;
  /** Names of controllers whose noVNC proxy is stopped. @default none */
  readonly retired?: readonly string[];
  /** A certificate for the controllers' proxy, its key in a file. @default plain http */
  readonly tls?: { readonly certPem: string; readonly privateKeyPemFile: string };
  /** Whether the controllers stand below a component of the user's own. @default false */
  readonly wrapped?: boolean;
}

/** A stack of components alone, for what can be seen without a whole cloud. */
export class NodeStack {
  readonly project = new Project();

  /** Writes the program. Keys are read from files when it runs: they are in no file of the project. */
  declare(declared: Declared): void {
    const from = (file: string) => JSON.stringify(join(REPOSITORY, file));
    this.project.write(
      "index.ts",
      `import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { ComputeNode, ControllerNode, VncProxyRetirement } from ${from("components")};
const declared: any = ${JSON.stringify({ ssh: { user: "ops", privateKeyFile: join(LAB_STATE, "id") }, ...declared })};
const login = ({ privateKeyFile, bastion, ...rest }: any): any => ({
  dialErrorLimit: 2, perDialTimeout: 3, ...rest,
  ...(privateKeyFile ? { privateKey: readFileSync(privateKeyFile, "utf8") } : {}),
  ...(bastion ? { bastion: login(bastion) } : {}),
});
const ssh = login(declared.ssh);
const opts = declared.wrapped ? { parent: new pulumi.ComponentResource("test:index:Site", "site") } : {};
const { certPem, privateKeyPemFile } = declared.tls ?? {};
const tls = certPem && { certPem, privateKeyPem: readFileSync(privateKeyPemFile, "utf8"), only: true };
const baseUrl = \`http\${tls ? "s" : ""}://198.18.0.11:6082/spice_auto.html\`;
const proxy = { baseUrl, listenAddress: "0.0.0.0", allowedSources: [], ...(tls ? { tls } : {}) };
for (const { name, ...node } of declared.controllers) {
  const { allowedSources: _all, ...open } = proxy;
  new ControllerNode(name, { ...node, ssh, proxy: open }, opts);
}
for (const { name, ...node } of declared.computes ?? []) {
  const serverProxyclientAddress = node.connection.host;
  new ComputeNode(name, { ...node, ssh, html5proxyBaseUrl: proxy.baseUrl, serverProxyclientAddress }, opts);
}
if (declared.retired) {
  const controllers = declared.controllers.filter(({ name }: any) => declared.retired.includes(name));
  new VncProxyRetirement("vnc", { controllers, ssh }, opts);
}
`,
    );
  }

  /** `pulumi up` of what is declared. */
  up(declared: Declared, ...more: readonly string[]): Run {
    this.declare(declared);
    return this.project.pulumi("up", "--yes", "--skip-preview", ...more);
  }

  /** `pulumi destroy`. */
  destroy(): Run {
    return this.project.pulumi("destroy", "--yes", "--skip-preview");
  }
}

/** How to reach a node of the lab. */
export function connectionTo(node: LabNode, host = node.address): Record<string, unknown> {
  return { host, hostKey: hostKey(node) };
}

/** Makes a key; the path of its file. */
export function makeKey(file: string, password = ""): string {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", password, "-C", "", "-f", file]);
  return file;
}

/** An SSH agent with a key, until `end` is called. */
export function startAgent(
  socket: string,
  keyFile: string,
): { hold(keyFile: string): void; add(keyFile: string, password: string): void; end(): void } {
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  const environment = { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: "ignore" } as const;
  // ssh-add tries once; the socket is there a moment after the agent's start.
  const wait = 'for ((i = 0; i < 100; i++)); do ssh-add -q "$1" && exit; sleep 0.05; done; exit 1';
  execFileSync("bash", ["-c", wait, "-", keyFile], environment);
  return {
    hold: (other) => {
      execFileSync("ssh-add", ["-q", "-D"], environment);
      execFileSync("ssh-add", ["-q", other], environment);
    },
    add: (other, password) => {
      const askpass = `${socket}.askpass`;
      writeFileSync(askpass, '#!/bin/sh\necho "$PASSWORD"\n', { mode: 0o700 });
      const asking = { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force", PASSWORD: password };
      execFileSync("ssh-add", ["-q", other], { ...environment, env: { ...environment.env, ...asking } });
    },
    end: () => agent.kill(),
  };
}

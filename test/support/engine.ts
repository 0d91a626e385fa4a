/** Runs Pulumi programs through the real engine, which tools/engine.sh finds. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { eventually } from "./eventually";

/** This clone. */
export const REPOSITORY = resolve(__dirname, "../..");

/** What a run of the CLI gave. */
export interface Run {
  /** The exit status. */
  readonly status: number;
  /** stdout and stderr, without colours. */
  readonly output: string;
  /** How long it took. */
  readonly seconds: number;
}

/** The CLI at work. */
export interface RunningEngine {
  /** Ends it and all that it started by a signal, as a terminal does. */
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Waits until it has printed this, at most half a minute. */
  readonly said: (text: string) => Promise<void>;
}

/** A throw-away project with one stack, `test`; its state and everything else is in a folder of its own. */
export class Project {
  private static path: string | undefined;
  /** Where it lies. */
  readonly folder = mkdtempSync(join(tmpdir(), "openstack-spice-project-"));
  private readonly environment: NodeJS.ProcessEnv;

  /** Makes the project and its stack. @throws where the engine cannot be had */
  constructor() {
    // The engine is looked for once: where it has to be built this takes minutes.
    Project.path ??= execFileSync(join(REPOSITORY, "tools/engine.sh"), { encoding: "utf8" }).trim();
    this.environment = {
      ...process.env,
      PATH: Project.path,
      PULUMI_BACKEND_URL: `file://${this.folder}/state`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_HOME: join(this.folder, "home"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    mkdirSync(join(this.folder, "state"));
    // Everything of the engine's own is fresh but the plugins: one that the user has installed is the one to test.
    const plugins = join(process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi"), "plugins");
    mkdirSync(join(this.folder, "home"));
    if (existsSync(plugins)) {
      symlinkSync(plugins, join(this.folder, "home", "plugins"));
    }
    symlinkSync(join(REPOSITORY, "node_modules"), join(this.folder, "node_modules"));
    this.write("Pulumi.yaml", "name: openstack-spice-test\nruntime: nodejs\nmain: index.ts\n");
    this.write("package.json", '{ "name": "openstack-spice-test" }\n');
    // The SDK reads compilerOptions as they stand there: it does not follow `extends`.
    const { compilerOptions } = JSON.parse(readFileSync(join(REPOSITORY, "tsconfig.json"), "utf8")) as object & {
      compilerOptions: object;
    };
    this.write("tsconfig.json", JSON.stringify({ compilerOptions, include: ["index.ts"] }));
    const { status, output } = this.pulumi("stack", "init", "test");
    if (status !== 0) {
      throw new Error(`the engine cannot make a stack:\n${output}`);
    }
  }

  /** Sets a variable of the environment that the engine, and so its plugins, run in; undefined takes it out. */
  setEnvironment(name: string, value: string | undefined): void {
    this.environment[name] = value;
  }

  /** Writes one of the project's files, such as index.ts. */
  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Runs the CLI to its end, in the project's folder. */
  pulumi(...args: readonly string[]): Run {
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync("pulumi", [...args, "--non-interactive", "--color", "never"], {
      cwd: this.folder,
      env: this.environment,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    return { status: status ?? -1, output: stdout + stderr, seconds: (performance.now() - started) / 1000 };
  }

  /** As {@link pulumi}, while this process goes on. */
  async pulumiBeside(...args: readonly string[]): Promise<Run> {
    return await this.pulumiInterrupted(async () => {}, ...args);
  }

  /** As {@link pulumiBeside}, for a test that ends the CLI while it runs. */
  async pulumiInterrupted(
    meanwhile: (engine: RunningEngine) => Promise<void>,
    ...args: readonly string[]
  ): Promise<Run> {
    const started = performance.now();
    const child = spawn("pulumi", [...args, "--non-interactive", "--color", "never"], {
      cwd: this.folder,
      env: this.environment,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    const ended = new Promise<Run>((resolve, reject) => {
      child.on("error", reject).on("close", (status) => {
        resolve({ status: status ?? -1, output, seconds: (performance.now() - started) / 1000 });
      });
    });
    await meanwhile({
      kill: (signal) => {
        if (child.pid !== undefined) {
          process.kill(-child.pid, signal);
        }
      },
      said: async (text) => {
        const what = () => `pulumi says "${text}", but:\n${output}`;
        await eventually(what, 30, () => output.includes(text) || undefined);
      },
    });
    return await ended;
  }

  /** Removes all of it. */
  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

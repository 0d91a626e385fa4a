/** What `npm pack` makes, and that a project of a user's own can work with it. Nothing is fetched. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const repository = resolve(__dirname, "../../..");
const installed = join(repository, "node_modules");

/** The files of a folder and of those below it. */
const namesBelow = (folder: string, extension: string) =>
  readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(extension))
    .map((name) => `${folder}/${name}`);

const namesIn = (folder: string, extension: string) =>
  readdirSync(join(repository, folder))
    .filter((name) => name.endsWith(extension))
    .map((name) => `${folder}/${name}`);

/** What the package has: each file of these folders, and nothing else. */
const wanted = [
  ...["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "package.json"],
  ...namesIn("docs", ".md"),
  ...namesIn("contract", ".schema.json"),
  ...["node/bootstrap.sh", "node/start.py"],
  ...namesBelow("node/openstack_spice", ".py"),
  ...["components", "contract", "nova", "remote"]
    .flatMap((folder) => namesBelow(folder, ".ts"))
    .flatMap((file) => [".js", ".d.ts"].map((extension) => `dist/${file.replace(/\.ts$/, extension)}`)),
];

describe("the package", () => {
  const folder = mkdtempSync(join(tmpdir(), "openstack-spice-package-"));
  const clone = join(folder, "clone");
  const project = join(folder, "project");
  let files: readonly string[] = [];

  /** Runs a program in the user's project; what it printed where it failed, else nothing. */
  function failureOf(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" });
    return status === 0 ? "" : `${status}: ${stdout}${stderr}`;
  }

  beforeAll(() => {
    // A copy of the work tree: what is compiled is of the sources as they stand now, and what is not to be packed is there.
    const left = ["node_modules", "dist", ".git", ".lab"];
    cpSync(repository, clone, { recursive: true, filter: (from) => !left.includes(relative(repository, from)) });
    symlinkSync(installed, join(clone, "node_modules"));
    const packed = execFileSync("npm", ["pack", "--json", "--offline", "--pack-destination", folder], {
      cwd: clone,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [tarball] = JSON.parse(packed.slice(packed.indexOf("["))) as {
      filename: string;
      files: { path: string }[];
    }[];
    files = tarball?.files.map(({ path }) => path) ?? [];

    // The project that a user begins with: the package, its peers, and the types of Node.js.
    const modules = join(project, "node_modules");
    mkdirSync(join(modules, "openstack-spice"), { recursive: true });
    execFileSync("tar", ["-xzf", tarball?.filename ?? "", "-C", `${modules}/openstack-spice`, "--strip-components=1"], {
      cwd: folder,
    });
    for (const name of ["@pulumi", "@types"]) {
      symlinkSync(join(installed, name), join(modules, name));
    }
    writeFileSync(join(project, "package.json"), '{ "name": "consoles" }\n');
  }, 60_000);
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("has what a user needs, and nothing else", () => {
    expect([...files].sort()).toEqual([...wanted].sort());
  });

  it("takes no @pulumi/command before 1.2.1: 1.2.0 makes no folder for an uploaded file", () => {
    const { peerDependencies } = JSON.parse(
      readFileSync(join(project, "node_modules/openstack-spice/package.json"), "utf8"),
    ) as { peerDependencies: Readonly<Record<string, string>> };
    expect(peerDependencies["@pulumi/command"]).toBe("^1.2.1");
  });

  it("type-checks each example, and that of docs/larger-stacks.md, in an empty project", () => {
    const examples = readdirSync(join(repository, "examples"));
    expect(examples.length).toBeGreaterThanOrEqual(4);
    for (const example of examples) {
      cpSync(join(repository, "examples", example, "index.ts"), join(project, `${example}.ts`));
    }
    const page = readFileSync(join(repository, "docs/larger-stacks.md"), "utf8");
    const [, code = ""] = /^```ts\n(.*?)^```$/ms.exec(page) ?? [];
    expect(code).toContain('from "openstack-spice"');
    writeFileSync(join(project, "page.ts"), code);
    // The types are there, and are not `any`: this one is refused.
    const wrong = ['import { ComputeNode, Vnc } from "openstack-spice";', "export const vnc: Vnc = 1;"];
    writeFileSync(join(project, "wrong.ts"), [...wrong, "export const node: ComputeNode = {};", ""].join("\n"));
    // What the peers' own declarations have is not ours to check.
    const compilerOptions = { strict: true, target: "ES2022", module: "Node16", noEmit: true, skipLibCheck: true };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    const errors = failureOf(join(installed, "typescript/bin/tsc"), "-p", project, "--pretty", "false");
    expect([...errors.matchAll(/^(?:\d+: )?(\S+\.ts\(\d+,\d+\): error TS\d+)/gm)].map(([, error]) => error)).toEqual([
      "wrong.ts(2,14): error TS2322",
      "wrong.ts(3,14): error TS2740",
    ]);
  });

  it("finds its program for the nodes, and prints a sudoers file by the command of docs/logins.md", () => {
    const page = readFileSync(join(repository, "docs/logins.md"), "utf8");
    const [, script = ""] = /^node -p '(.*)'$/m.exec(page) ?? [];
    expect(failureOf("-e", `if (!${script}.includes("ops ALL=(root) NOPASSWD: ")) process.exit(1)`)).toBe("");
    expect(failureOf("-e", 'require("openstack-spice").SpiceConsole.name')).toBe("");
  });
});

import { readFileSync, readdirSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import * as path from "node:path";
import * as ts from "typescript";
import { describe, expect, it } from "vitest";

/** The one direction in which the product's parts know each other: index.ts -> components -> nova, host. */

const root = path.resolve(__dirname, "../..");

/** One import: the file it stands in and what it resolves to, both relative to the repository, or a package or built-in as it is written. */
interface Import {
  readonly file: string;
  readonly target: string;
}

/** What each part of the product may import: a folder of the repository, `node:`, or a package's scope. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "index.ts": ["components/", "@pulumi/"],
  "components/": ["components/", "nova/", "host/", "@pulumi/"],
  "nova/": ["nova/", "node:"],
  "host/": ["host/", "node:", "@pulumi/"],
};

/** The one module that may know the provider whose commands run on the nodes. */
const commandModule = "host/convergence.ts";

/** The imports that break the direction, each as `file -> target`. */
function violations(imports: readonly Import[]): readonly string[] {
  return imports
    .filter(({ file, target }) => {
      const part = Object.keys(allowed).find((prefix) => file.startsWith(prefix));
      const inDirection = part !== undefined && (allowed[part] ?? []).some((prefix) => target.startsWith(prefix));
      const isCommand = target === "@pulumi/command" || target.startsWith("@pulumi/command/");
      return !inDirection || (isCommand && file !== commandModule);
    })
    .map(({ file, target }) => `${file} -> ${target}`);
}

/** The product's TypeScript files, relative to the repository. */
function filesIn(part: string): readonly string[] {
  if (part.endsWith(".ts")) {
    return [part];
  }
  return readdirSync(path.join(root, part), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => path.posix.join(part, file.split(path.sep).join("/")));
}

/** Every import of a file: static, dynamic, `require` and re-exports. */
function importsOf(file: string): readonly Import[] {
  const text = readFileSync(path.join(root, file), "utf8");
  return ts
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName }) => ({ file, target: resolve(file, fileName) }));
}

function resolve(file: string, specifier: string): string {
  if (specifier.startsWith(".")) {
    const target = path.posix.join(path.posix.dirname(file), specifier);
    // `../nova` names the folder, whose index is meant.
    return Object.keys(allowed).includes(`${target}/`) ? `${target}/index.ts` : target;
  }
  return builtinModules.includes(specifier) ? `node:${specifier}` : specifier;
}

describe("the dependency direction", () => {
  it.each(Object.keys(allowed))("is kept by %s", (part) => {
    const files = filesIn(part);
    expect(files.length).toBeGreaterThan(0);
    expect(violations(files.flatMap(importsOf))).toEqual([]);
  });

  it("has one user of @pulumi/command", () => {
    const users = Object.keys(allowed)
      .flatMap(filesIn)
      .filter((file) => importsOf(file).some(({ target }) => target.startsWith("@pulumi/command")));
    expect(users).toEqual([commandModule]);
  });

  it.each<[string, string]>([
    ["nova/value.ts", "@pulumi/pulumi"],
    ["nova/value.ts", "../host/report"],
    ["nova/value.ts", "fast-check"],
    ["host/report.ts", "../nova"],
    ["host/report.ts", "../components/spiceConsole"],
    ["host/report.ts", "@pulumi/command"],
    ["host/report.ts", "@pulumi/command/remote"],
    ["components/spiceConsole.ts", "node:fs"],
    ["components/spiceConsole.ts", "fs"],
    ["components/spiceConsole.ts", "../lab/nodes"],
    ["components/spiceConsole.ts", "../test/support/osloConfig"],
    ["components/spiceConsole.ts", "../tools/engine"],
    ["components/spiceConsole.ts", "../index"],
    ["components/spiceConsole.ts", "@pulumi/command"],
    ["index.ts", "./nova"],
    ["index.ts", "./host/convergence"],
    ["nova/value.ts", "../nova-extra/value"],
  ])("would be broken by %s importing %s", (file, specifier) => {
    expect(violations([{ file, target: resolve(file, specifier) }]).length).toBe(1);
  });

  it.each<[string, string]>([
    ["nova/value.ts", "./options"],
    ["nova/cidr.ts", "node:net"],
    ["host/convergence.ts", "@pulumi/command"],
    ["host/program.ts", "fs"],
    ["components/spiceConsole.ts", "../nova"],
    ["components/spiceConsole.ts", "../host/convergence"],
    ["index.ts", "./components"],
  ])("allows %s to import %s", (file, specifier) => {
    expect(violations([{ file, target: resolve(file, specifier) }])).toEqual([]);
  });
});

describe("@pulumi/command", () => {
  it("resolves to major version 1: its dist-tag `latest` is a stray publish of an old API", () => {
    const manifest = createRequire(path.join(root, "package.json")).resolve("@pulumi/command/package.json");
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };
    expect(version).toMatch(/^1\.\d+\.\d+$/);
  });
});

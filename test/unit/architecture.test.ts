import { readFileSync, readdirSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import * as path from "node:path";
import * as ts from "typescript";
import { describe, expect, it } from "vitest";

/** Which part of the product may know which: data flows index.ts -> program, components -> nova -> remote, and contract/ is what all share. */

const root = path.resolve(__dirname, "../..");

/** One import: the file it stands in and what it resolves to, both relative to the repository, or a package or built-in as it is written. */
interface Import {
  readonly file: string;
  readonly target: string;
}

/**
 * What each part of the product may import: a folder of the repository, `node:`, or a package's scope. The first part that a file lies in counts, so a
 * folder stands before the one it lies in.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "index.ts": ["components/index.ts", "program/"],
  "program/": ["program/", "components/", "nova/", "node:", "@pulumi/"],
  // The arguments know no class, no check and nothing that connects: of remote/ only what a connection is.
  "components/args/": ["components/args/", "nova/", "remote/connection", "@pulumi/pulumi"],
  "components/validation/": [
    ...["components/args/", "components/shared/", "components/validation/"],
    ...["contract/", "nova/", "remote/", "@pulumi/"],
  ],
  "components/shared/": [
    ...["components/args/", "components/shared/", "components/validation/"],
    ...["contract/", "nova/", "remote/", "@pulumi/"],
  ],
  "components/": ["components/", "contract/", "nova/", "remote/", "@pulumi/"],
  "nova/": ["nova/", "contract/", "node:"],
  "remote/": ["remote/", "contract/", "node:", "@pulumi/"],
  "contract/": ["contract/"],
};

/** The one module that may know the provider whose commands run on the nodes. */
const commandModule = "remote/convergence.ts";

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

/**
 * The circles of imports, each as the files in it, sorted: every file from which another one can be reached and back. A file that imports itself is one.
 *
 * @param imports of files, by the paths that they resolve to
 */
function circles(imports: readonly Import[]): readonly (readonly string[])[] {
  const targets = new Map<string, string[]>();
  for (const { file, target } of imports) {
    targets.set(file, [...(targets.get(file) ?? []), target]);
  }
  const reached = new Map(
    [...targets.keys()].map((start) => {
      const seen = new Set<string>();
      const pending = [...(targets.get(start) ?? [])];
      for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
        if (!seen.has(next)) {
          seen.add(next);
          pending.push(...(targets.get(next) ?? []));
        }
      }
      return [start, seen] as const;
    }),
  );
  const found = [...reached].flatMap(([file, seen]) =>
    seen.has(file) ? [[...seen].filter((other) => reached.get(other)?.has(file)).sort()] : [],
  );
  return [...new Map(found.map((circle) => [circle.join(), circle])).values()];
}

/** The TypeScript files of the product, relative to the repository. */
const files: readonly string[] = [...new Set(Object.keys(allowed).map((part) => part.replace(/\/.*/, "")))].flatMap(
  (part) =>
    part.endsWith(".ts")
      ? [part]
      : readdirSync(path.join(root, part), { recursive: true, encoding: "utf8" })
          .filter((file) => file.endsWith(".ts"))
          .map((file) => path.posix.join(part, file.split(path.sep).join("/"))),
);

/** Every import of a file, types included: static, dynamic, `require` and re-exports. */
function importsOf(file: string): readonly Import[] {
  const text = readFileSync(path.join(root, file), "utf8");
  return ts
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName }) => ({ file, target: resolve(file, fileName) }));
}

function resolve(file: string, specifier: string): string {
  if (specifier.startsWith(".")) {
    const target = path.posix.join(path.posix.dirname(file), specifier).replace(/\/$/, "");
    // `../nova` names the folder, whose index is meant.
    return [`${target}.ts`, `${target}/index.ts`].find((one) => files.includes(one)) ?? target;
  }
  return builtinModules.includes(specifier) ? `node:${specifier}` : specifier;
}

const imports = files.flatMap(importsOf);

describe("the dependency direction", () => {
  it.each(Object.keys(allowed))("is kept by %s", (part) => {
    const own = imports.filter(({ file }) => file.startsWith(part));
    expect(files.filter((file) => file.startsWith(part)).length).toBeGreaterThan(0);
    expect(violations(own)).toEqual([]);
  });

  it("has no file in a folder that is not in the table", () => {
    const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const others = ["bench", "dist", "docs", "examples", "host", "lab", "node", "node_modules", "test", "tools"];
    const parts = Object.keys(allowed).map((part) => part.replace(/\/.*/, ""));
    expect(
      folders.map(({ name }) => name).filter((name) => !name.startsWith(".") && ![...others, ...parts].includes(name)),
    ).toEqual([]);
  });

  it("has one user of @pulumi/command", () => {
    const users = imports.filter(({ target }) => target.startsWith("@pulumi/command")).map(({ file }) => file);
    expect(users).toEqual([commandModule]);
  });

  it.each<[string, string]>([
    ["nova/value.ts", "@pulumi/pulumi"],
    ["nova/value.ts", "../remote/program"],
    ["nova/value.ts", "../components/args/node"],
    ["nova/value.ts", "fast-check"],
    ["nova/value.ts", "../nova-extra/value"],
    ["contract/report.ts", "../nova"],
    ["contract/report.ts", "../remote/shell"],
    ["contract/report.ts", "node:crypto"],
    ["contract/report.ts", "@pulumi/pulumi"],
    ["remote/program.ts", "../nova"],
    ["remote/program.ts", "../components/spiceConsole"],
    ["remote/program.ts", "@pulumi/command"],
    ["remote/program.ts", "@pulumi/command/remote"],
    ["components/args/node.ts", "../spiceConsole"],
    ["components/args/node.ts", "../validation/node"],
    ["components/args/node.ts", "../../remote/convergence"],
    ["components/validation/node.ts", "../computeNode"],
    ["components/shared/node.ts", "../computeNode"],
    ["components/spiceConsole.ts", "../program/config"],
    ["components/spiceConsole.ts", "node:fs"],
    ["components/spiceConsole.ts", "fs"],
    ["components/spiceConsole.ts", "../lab/nodes"],
    ["components/spiceConsole.ts", "../test/support/osloConfig"],
    ["components/spiceConsole.ts", "../tools/engine"],
    ["components/spiceConsole.ts", "../index"],
    ["components/spiceConsole.ts", "@pulumi/command"],
    ["program/config.ts", "../remote/connection"],
    ["program/config.ts", "../contract/report"],
    ["index.ts", "./nova"],
    ["index.ts", "./components/shared/node"],
    ["index.ts", "./remote/convergence"],
  ])("would be broken by %s importing %s", (file, specifier) => {
    expect(violations([{ file, target: resolve(file, specifier) }]).length).toBe(1);
  });

  it.each<[string, string]>([
    ["nova/value.ts", "./options"],
    ["nova/value.ts", "../contract/report"],
    ["nova/cidr.ts", "node:net"],
    ["remote/convergence.ts", "@pulumi/command"],
    ["remote/convergence.ts", "../contract/report"],
    ["remote/program.ts", "fs"],
    ["components/args/node.ts", "../../remote/connection"],
    ["components/spiceConsole.ts", "../nova"],
    ["components/spiceConsole.ts", "./args/node"],
    ["components/shared/node.ts", "../../remote/convergence"],
    ["program/config.ts", "../components"],
    ["index.ts", "./components"],
    ["index.ts", "./program/config"],
  ])("allows %s to import %s", (file, specifier) => {
    expect(violations([{ file, target: resolve(file, specifier) }])).toEqual([]);
  });
});

describe("circles of imports, types included", () => {
  it("are none", () => {
    expect(imports.length).toBeGreaterThan(files.length);
    expect(circles(imports)).toEqual([]);
  });

  it.each<[string, readonly (readonly [string, string])[], readonly (readonly string[])[]]>([
    ["itself", [["a", "a"]], [["a"]]],
    [
      "two",
      [
        ["a", "b"],
        ["b", "a"],
        ["b", "c"],
      ],
      [["a", "b"]],
    ],
    [
      "a long way round, and another one",
      [
        ["a", "b"],
        ["b", "c"],
        ["c", "a"],
        ["c", "d"],
        ["d", "e"],
        ["e", "d"],
      ],
      [
        ["a", "b", "c"],
        ["d", "e"],
      ],
    ],
    [
      "two ways to one, which is none",
      [
        ["a", "b"],
        ["a", "c"],
        ["b", "d"],
        ["c", "d"],
      ],
      [],
    ],
  ])("would be found: %s", (_what, pairs, expected) => {
    expect(circles(pairs.map(([file, target]) => ({ file, target })))).toEqual(expected);
  });

  it("would be found where one is of a type alone", () => {
    const text = 'import type { B } from "./b";\nexport type { C } from "./c";\nlet d: import("./d").D;';
    expect(ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName)).toEqual([
      "./b",
      "./c",
      "./d",
    ]);
  });
});

describe("@pulumi/command", () => {
  it("resolves to major version 1: its dist-tag `latest` is a stray publish of an old API", () => {
    const manifest = createRequire(path.join(root, "package.json")).resolve("@pulumi/command/package.json");
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };
    expect(version).toMatch(/^1\.\d+\.\d+$/);
  });
});

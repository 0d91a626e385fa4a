import { join, resolve } from "node:path";
import * as ts from "typescript";
import { describe, expect, it } from "vitest";

/** The public surface says of each of its members what it is, and of each that may be left out what holds then. */

const index = join(resolve(__dirname, "../../.."), "components/index.ts");
const program = ts.createProgram([index], {
  target: ts.ScriptTarget.ES2022,
  moduleResolution: ts.ModuleResolutionKind.Node10,
});
const checker = program.getTypeChecker();

/** The interfaces and enums that the package exports, by name. */
const declarations = new Map(
  (() => {
    const source = program.getSourceFile(index);
    const module = source && checker.getSymbolAtLocation(source);
    return module === undefined ? [] : checker.getExportsOfModule(module);
  })().flatMap((symbol) => {
    const { declarations = [] } = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    return declarations
      .filter((one) => ts.isInterfaceDeclaration(one) || ts.isEnumDeclaration(one))
      .map((one) => [symbol.name, one] as const);
  }),
);

const docOf = (node: ts.Node) =>
  ts
    .getJSDocCommentsAndTags(node)
    .map((doc) => doc.getText())
    .join("\n");

describe("docstrings of the public surface", () => {
  it.each([...declarations])("%s and all its members have one", (_, declaration) => {
    expect(docOf(declaration)).not.toBe("");
    const members = [...declaration.members];
    expect(members.filter((member) => docOf(member) === "").map((member) => member.name?.getText())).toEqual([]);
    const optional = members.filter((member) => "questionToken" in member && member.questionToken !== undefined);
    // What comes out of the package has no default: it is undefined for a reason.
    const silent = optional.filter((member) => !/@default|\bundefined\b/i.test(docOf(member)));
    expect(silent.map((member) => member.name?.getText())).toEqual([]);
  });

  it("are looked for in all of it", () => {
    expect([...declarations.keys()]).toEqual(expect.arrayContaining(["Release", "SpiceConsoleArgs", "NodeReport"]));
    expect(declarations.size).toBeGreaterThan(40);
  });
});

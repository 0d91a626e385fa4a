/** The tables of platforms in docs/platforms.md, from the one that the program on the nodes reads. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const repository = join(__dirname, "..");
const source = join(repository, "host/program/18-platforms.sh");

/** Three tables, each with its columns' names first and then a row for each platform: one table of all would be too wide. */
export function platformTables(shell: string = readFileSync(source, "utf8")): readonly (readonly string[][])[] {
  const all = platforms(shell);
  const name = (platform: Platform) => platform["name"] ?? "?";
  const packages = all.map((platform) => [
    name(platform),
    platform["proof"] ?? "?",
    platform["tool"] ?? "?",
    code(platform["proxy-package"]),
    platform["web-client-from"] === "nobody" ? "**nobody has it**" : `from ${platform["web-client-from"] ?? "?"}`,
    platform["qemu-spice"] === "none" ? "**none**" : (platform["qemu-spice"] ?? "?").replace(/^.*-.*$/, "`$&`"),
  ]);
  const units = all.map((platform) => [
    name(platform),
    code(platform["spice-unit"]),
    code(platform["novnc-unit"]),
    code(platform["compute-unit"]),
  ]);
  const files = all.map((platform) => [name(platform), code(...(platform["config"]?.split(" ") ?? []))]);
  return [
    [["platform", "how proven", "tool", "SPICE proxy", "web client", "QEMU's SPICE"], ...packages],
    [["platform", "unit of the SPICE proxy", "unit of noVNC's proxy", "unit of nova-compute"], ...units],
    [["platform", "the services read"], ...files],
  ];
}

type Platform = Readonly<Record<string, string>>;

function code(...words: readonly (string | undefined)[]): string {
  return words.map((word) => `\`${word ?? "?"}\``).join(", ");
}

/** The paragraphs of the shell variable PLATFORMS. */
export function platforms(shell: string = readFileSync(source, "utf8")): readonly Platform[] {
  const table = /^readonly PLATFORMS='\n(.*?)'$/ms.exec(shell)?.[1] ?? "";
  return table
    .trim()
    .split("\n\n")
    .map((paragraph) =>
      Object.fromEntries(paragraph.split("\n").map((line) => line.split(" = ", 2) as [string, string])),
    );
}

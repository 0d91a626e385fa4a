/** Writes the README's table of platforms from the one that the program on the nodes reads: `npm run docs`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const repository = join(__dirname, "..");
const source = join(repository, "host/program/18-platforms.sh");
const readme = join(repository, "README.md");

/** Where the table stands in the README. */
const begin = "<!-- platforms: from host/program/18-platforms.sh, by npm run docs -->";
const end = "<!-- end of platforms -->";

/** The README with the table made anew. @throws where it has no place for it */
export function withPlatforms(text: string, table: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) {
    throw new Error(`README.md has no '${begin}' followed by '${end}'`);
  }
  return `${text.slice(0, from + begin.length)}\n\n${table}\n${text.slice(to)}`;
}

/** The table as Markdown, a row for each platform; prettier aligns its columns. */
export function platformsTable(shell: string = readFileSync(source, "utf8")): string {
  const columns = ["platform", "how proven", "by", "SPICE proxy", "web client", "QEMU's SPICE", "services", "reads"];
  const rows = platforms(shell).map((platform) => [
    platform["name"],
    platform["proof"],
    platform["tool"],
    code(platform["proxy-package"]),
    platform["web-client-from"] === "nobody" ? "**nobody has it**" : `from ${platform["web-client-from"] ?? "?"}`,
    platform["qemu-spice"] === "none" ? "**none**" : platform["qemu-spice"]?.replace(/^.*-.*$/, "`$&`"),
    code(platform["spice-unit"], platform["novnc-unit"], platform["compute-unit"]),
    code(...(platform["config"]?.split(" ") ?? [])),
  ]);
  return [columns, columns.map(() => "-"), ...rows].map((row) => `| ${row.join(" | ")} |\n`).join("");
}

function code(...words: readonly (string | undefined)[]): string {
  return words.map((word) => `\`${word ?? "?"}\``).join(", ");
}

/** The paragraphs of the shell variable PLATFORMS. */
function platforms(shell: string): readonly Readonly<Record<string, string>>[] {
  const table = /^readonly PLATFORMS='\n(.*?)'$/ms.exec(shell)?.[1] ?? "";
  return table
    .trim()
    .split("\n\n")
    .map((paragraph) =>
      Object.fromEntries(paragraph.split("\n").map((line) => line.split(" = ", 2) as [string, string])),
    );
}

if (require.main === module) {
  writeFileSync(readme, withPlatforms(readFileSync(readme, "utf8"), platformsTable()));
}

/** The README's table of platforms, from the one that the program on the nodes reads. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const repository = join(__dirname, "..");
const source = join(repository, "host/program/18-platforms.sh");

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
export function platforms(shell: string = readFileSync(source, "utf8")): readonly Readonly<Record<string, string>>[] {
  const table = /^readonly PLATFORMS='\n(.*?)'$/ms.exec(shell)?.[1] ?? "";
  return table
    .trim()
    .split("\n\n")
    .map((paragraph) =>
      Object.fromEntries(paragraph.split("\n").map((line) => line.split(" = ", 2) as [string, string])),
    );
}

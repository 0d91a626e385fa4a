/** The tables of platforms in docs/platforms.md, from the one that the program on the nodes has. */
import { type Platform, nodeTables } from "./nodeTables";

/** Three tables, each with its columns' names first and then a row for each platform: one table of all would be too wide. */
export function platformTables(): readonly (readonly string[][])[] {
  const all = nodeTables().platforms;
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

function code(...words: readonly (string | undefined)[]): string {
  return words.map((word) => `\`${word ?? "?"}\``).join(", ");
}

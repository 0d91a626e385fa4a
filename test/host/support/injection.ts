import { createHash } from "node:crypto";
import { type HostProgram, hostProgram } from "../../../host/program";

/**
 * The project's program with shell text that runs before its work begins: at a chosen point something happens that cannot be timed from outside.
 *
 * @param code shell text; it may define functions and call {@link around}'s
 */
export function programWith(code: string): HostProgram {
  const call = '\nmain "$@"\n';
  const { text } = hostProgram();
  if (!text.endsWith(call)) {
    throw new Error(`the program does not end with ${call}`);
  }
  const changed = `${text.slice(0, -call.length)}\n${code}${call}`;
  return { text: changed, sha256: createHash("sha256").update(changed).digest("hex") };
}

/**
 * The project's program with other limits, such as `SERVICE_WAIT`, so that a test need not wait for as long as an administrator does.
 *
 * @param limits seconds, by the name of the constant
 * @param code as {@link programWith} takes it
 */
export function programWithLimits(limits: Readonly<Record<string, number>>, code = ":"): HostProgram {
  let { text } = programWith(code);
  for (const [name, seconds] of Object.entries(limits)) {
    const changed = text.replace(new RegExp(`^readonly ${name}=\\d+$`, "m"), `readonly ${name}=${seconds}`);
    if (changed === text) {
      throw new Error(`the program has no limit ${name} other than ${seconds}`);
    }
    text = changed;
  }
  return { text, sha256: createHash("sha256").update(text).digest("hex") };
}

/** Shell text that waits until a test has made this file on the node; a minute at most, so that a test that fails leaves no run behind. */
export function untilThere(file: string): string {
  return `for ((i = 0; i < 600; i++)); do [[ ! -e ${file} ]] || break; sleep 0.1; done`;
}

/** Shell text that runs `code` before or after the `count`-th call of one of the program's functions. */
export function around(name: string, when: "before" | "after", count: number, code: string): string {
  const test = `if ((++calls_of_${name} == ${count})); then ${code}; fi`;
  const call = `original_${name} "$@" || return`;
  return [
    // The program has to have that function, or a test would prove nothing.
    `declare -F ${name} >/dev/null || exit 99`,
    `eval "original_$(declare -f ${name})"`,
    `calls_of_${name}=0`,
    `${name}() { ${when === "before" ? `${test}; ${call}` : `${call}; ${test}`}; }`,
  ].join("\n");
}

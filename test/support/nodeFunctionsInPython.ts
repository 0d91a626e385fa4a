import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import type { Answer, Case, Operation } from "./nodeFunctions";

/** An operation by the modules of the program in Python, which test/node/driver.py calls. @throws Error where one fails otherwise than as an answer */
export function callInPython<O extends Operation>(operation: O, cases: readonly Case<O>[]): readonly Answer<O>[] {
  const driver = resolve(__dirname, "../node/driver.py");
  const { status, stdout, stderr } = spawnSync("python3", ["-B", driver], {
    input: cases.map((given) => `${JSON.stringify([operation, given])}\n`).join(""),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const answers = stdout.split("\n").slice(0, -1);
  if (status !== 0 || answers.length !== cases.length) {
    throw new Error(`${operation}: the driver ended with ${status}:\n${stderr}`);
  }
  return answers.map((line) => {
    const { answer, error } = JSON.parse(line) as { readonly answer?: Answer<O>; readonly error?: string };
    if (error !== undefined) {
      throw new Error(`${operation}: ${error}`);
    }
    return answer as Answer<O>;
  });
}

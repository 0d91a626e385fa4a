import { setTimeout as pause } from "node:timers/promises";

/** Asks until the answer is not undefined. @throws after `seconds`, with what was waited for, as it is by then */
export async function eventually<T>(
  what: string | (() => string),
  seconds: number,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) {
      return answer;
    }
    if (performance.now() > deadline) {
      throw new Error(`not within ${seconds} s: ${typeof what === "string" ? what : what()}`);
    }
    await pause(50);
  }
}

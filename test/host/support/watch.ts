import { setTimeout as pause } from "node:timers/promises";
import type { LabNode } from "../../support/lab";

/** Asks a web page of a node again and again until it is stopped. */
interface Watch {
  /** Stops, and gives what was answered other than 200, each with its time. @throws where it asked less than five times */
  stop(): Promise<readonly string[]>;
}

/** Begins to watch a page. */
export function watch(node: LabNode, port: number, path: string): Watch {
  const misses: string[] = [];
  let asked = 0;
  const stopping = new AbortController();
  const asking = (async () => {
    while (!stopping.signal.aborted) {
      const status = await node.answers(port, path);
      asked += 1;
      if (status !== 200) {
        misses.push(`${new Date().toISOString()} ${status ?? "no answer"}`);
      }
      await pause(100);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await asking;
      if (asked < 5) {
        throw new Error(`${node.name}:${port} was asked only ${asked} times`);
      }
      return misses;
    },
  };
}

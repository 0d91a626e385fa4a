import { defineConfig } from "vitest/config";

/**
 * One project per tier, fastest first: `vitest --project unit`.
 * unit and contract run anywhere; host and up need Linux, root and the lab (see CONTRIBUTING.md).
 */
const tier = (name: string, seconds: number, groupOrder: number, maxWorkers?: number) => ({
  test: {
    name,
    // What a file of the tier unit imports is pure, so the next file of the same worker takes it as it is: half of the tier's time.
    ...(name === "unit" ? { isolate: false } : {}),
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: seconds * 1000,
    hookTimeout: seconds * 1000,
    ...(maxWorkers === undefined ? {} : { maxWorkers }),
    // Tiers with their own number of workers take turns.
    sequence: { groupOrder },
  },
});

export default defineConfig({
  test: {
    projects: [
      tier("unit", 30, 0),
      tier("contract", 60, 0),
      tier("providers", 120, 1, 1),
      // Each file has nodes of its own, and waits for services most of the time.
      tier("host", 600, 2, 3),
      // The lab's cloud is one per machine.
      tier("up", 900, 3, 1),
      tier("faults", 600, 4, 1),
    ],
  },
});

import { defineConfig } from "vitest/config";

/**
 * One project per tier, fastest first: `vitest --project unit`.
 * unit and contract run anywhere; host and up need Linux, root and the lab (see CONTRIBUTING.md).
 */
const tier = (name: string, seconds: number) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: seconds * 1000,
    hookTimeout: seconds * 1000,
    // The lab is one per machine: its tests take turns.
    fileParallelism: seconds <= 60,
  },
});

export default defineConfig({
  test: {
    projects: [
      tier("unit", 30),
      tier("contract", 60),
      tier("providers", 120),
      tier("host", 600),
      tier("up", 900),
      tier("faults", 600),
    ],
  },
});

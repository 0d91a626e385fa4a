import { spawnSync } from "node:child_process";

/** macOS comes with bash 3.2, which cannot run the nodes' program. */
export const bash42 = spawnSync("bash", ["-c", "((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 402))"]).status === 0;

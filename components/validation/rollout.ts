import { type ValidationError, shown } from "../../nova";
import type { RolloutArgs } from "../args/rollout";
import { defaultBatchSize } from "../shared/rollout";

/** Validation errors of a rollout. @param names the computes' names */
export function checkRollout(rollout: RolloutArgs, names: readonly string[], path: string): readonly ValidationError[] {
  const errors: ValidationError[] = (rollout.canaries ?? []).flatMap((canary, index) =>
    names.includes(canary)
      ? []
      : [
          {
            path: `${path}.canaries[${index}]`,
            reason: `${shown(canary)} is not the name of a compute. Give the name of one in computes.`,
          },
        ],
  );
  const { batchSize = defaultBatchSize } = rollout;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    errors.push({
      path: `${path}.batchSize`,
      reason: `${shown(batchSize)} is not a number of computes. Give a whole number from 1 up.`,
    });
  }
  return errors;
}

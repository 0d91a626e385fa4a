import { type Fault, shown } from "../nova";

/** In what order the computes converge. */
export interface RolloutArgs {
  /** Names of the computes that converge first; the others wait until they have. @default the first compute */
  readonly canaries?: readonly string[];
  /** How many computes converge at a time. A batch starts when the one before is done, and not at all when one in it failed. @default 10 */
  readonly batchSize?: number;
}

/** Faults of a rollout. @param names the computes' names */
export function checkRollout(rollout: RolloutArgs, names: readonly string[], path: string): readonly Fault[] {
  const faults: Fault[] = (rollout.canaries ?? []).flatMap((canary, index) =>
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
    faults.push({
      path: `${path}.batchSize`,
      reason: `${shown(batchSize)} is not a number of computes. Give a whole number from 1 up.`,
    });
  }
  return faults;
}

const defaultBatchSize = 10;

/** The computes in the batches in which they converge: the canaries, then the others in the order of the list. */
export function batches<T extends { readonly name: string }>(
  computes: readonly T[],
  rollout: RolloutArgs = {},
): readonly (readonly T[])[] {
  const { canaries = computes.slice(0, 1).map(({ name }) => name), batchSize = defaultBatchSize } = rollout;
  const others = computes.filter(({ name }) => !canaries.includes(name));
  const result = [computes.filter(({ name }) => canaries.includes(name))];
  for (let start = 0; start < others.length; start += batchSize) {
    result.push(others.slice(start, start + batchSize));
  }
  return result.filter((batch) => batch.length > 0);
}

import type { RolloutArgs } from "../args/rollout";

export const defaultBatchSize = 10;

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

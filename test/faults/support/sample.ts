import * as fc from "fast-check";

/** So many of the items, by a seed: the same for the same seed, in the order of the list. */
export function sample<T>(items: readonly T[], count: number, seed: number): readonly T[] {
  const [chosen = []] = fc.sample(fc.shuffledSubarray([...items], { minLength: count, maxLength: count }), {
    seed,
    numRuns: 1,
  });
  return items.filter((item) => chosen.includes(item));
}

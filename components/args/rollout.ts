/** In what order the computes converge. */
export interface RolloutArgs {
  /** Names of the computes that converge first; the others wait until they have. @default the first compute */
  readonly canaries?: readonly string[];
  /** How many computes converge at a time. A batch starts when the one before is done, and not at all when one in it failed. @default 10 */
  readonly batchSize?: number;
}

/**
 * One thing that is wrong with what the user gave. Nothing in `nova/` throws: every check returns all the faults it found, so that a user sees
 * them in one go and nothing has been touched.
 */
export interface Fault {
  /** Where the value stands in the arguments, such as `computes[2].serverProxyclientAddress`. */
  readonly path: string;
  /** The value, the rule it breaks and the remedy, in one or two sentences. */
  readonly reason: string;
}

/** A value together with what is wrong with it: `value` is undefined exactly where there is a fault. */
export type Checked<T> =
  | { readonly value: T; readonly faults: readonly [] }
  | { readonly value: undefined; readonly faults: readonly Fault[] };

/** A value without faults. */
export function valid<T>(value: T): Checked<T> {
  return { value, faults: [] };
}

/** No value, because of these faults. */
export function invalid<T>(...faults: readonly Fault[]): Checked<T> {
  return { value: undefined, faults };
}

/** A user's value as it appears in a message: quoted, with control and non-ASCII characters escaped, long ones cut. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  const ascii = (text ?? String(value)).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return ascii.length <= 120 ? ascii : `${ascii.slice(0, 116)}...${ascii.slice(-1)}`;
}

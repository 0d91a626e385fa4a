import { guestOptions } from "./guestOptions";
import { type NovaOption, type OptionType, Service } from "./optionTypes";
import { novaOptions } from "./options";
import { proxyOptions } from "./proxyOptions";

/** The rows of the table, each with its own type. */
type Row = (typeof guestOptions)[number] | (typeof proxyOptions)[number];

/** What an argument is given for an option. */
type ValueOf<R> = R extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : R extends { readonly type: OptionType.Boolean }
    ? boolean
    : R extends { readonly type: OptionType.Integer }
      ? number
      : string;

/** An argument's name where it is that of one option, written as it is given: `vnc` is two options, and what has a dot is a part of an object. */
type PlainName<R> = R extends { readonly argument: infer Name extends string }
  ? Name extends "vnc" | `${string}.${string}`
    ? never
    : Name
  : never;

/** Options of a compute that arguments set as they are given, by the arguments' names: the types follow from the table. */
export type PlainArguments = { readonly [R in Row as PlainName<R>]?: ValueOf<R> | undefined };

/** The name of one of {@link PlainArguments}. */
export type PlainArgument = keyof PlainArguments;

/** The rows of {@link PlainArguments}, in the order of the table. */
export const plainOptions: readonly (NovaOption & { readonly argument: PlainArgument })[] = novaOptions.filter(isPlain);

function isPlain(option: NovaOption): option is NovaOption & { readonly argument: PlainArgument } {
  const { argument, readBy } = option;
  const isComputes = readBy.some(({ service }) => service === Service.Compute);
  return isComputes && argument !== undefined && argument !== "vnc" && !argument.includes(".");
}

/** Those of some arguments that are plain. */
export function plainPart<T extends object>(args: T): Pick<T, keyof T & PlainArgument> {
  const names: readonly string[] = plainOptions.map(({ argument }) => argument);
  return Object.fromEntries(Object.entries(args).filter(([name]) => names.includes(name))) as Pick<
    T,
    keyof T & PlainArgument
  >;
}

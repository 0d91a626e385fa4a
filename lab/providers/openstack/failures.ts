/** Errors as the official plugin words them: a Terraform provider behind Pulumi's bridge. */
import type { CheckFailure } from "../wire/resource";
import { isUnknown, plain, type PropertyMap } from "../wire/values";
import { NeutronError } from "./cloud";

/** Runs `request`; what fails is said to have failed while `doing`. */
export async function explain<T>(doing: string, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw new Error(`1 error occurred:\n\t* ${doing}: ${(error as Error).message}\n\n`);
  }
}

/** Like {@link explain}, but something that is not there any more is undefined and not an error. */
export async function unlessGone<T>(doing: string, request: Promise<T>): Promise<T | undefined> {
  const isGone = (error: unknown) => error instanceof NeutronError && error.status === 404;
  const answer = request.catch((error: unknown) => {
    if (isGone(error)) {
      return undefined;
    }
    throw error;
  });
  return await explain(doing, answer);
}

/** The inputs of `names` that are missing. */
export function missing(inputs: PropertyMap, names: readonly string[]): CheckFailure[] {
  return names
    .filter((name) => inputs[name] === undefined)
    .map((property) => ({ property, reason: `Missing required argument. The argument "${property}" is required` }));
}

/** What is wrong with the known input `name`: nothing where `isRight` says so. */
export function faulty(
  inputs: PropertyMap,
  name: string,
  rule: string,
  isRight: (value: unknown) => boolean,
): CheckFailure[] {
  const value = inputs[name];
  if (value === undefined || isUnknown(value) || isRight(plain(value))) {
    return [];
  }
  return [{ property: name, reason: `expected ${name} to be ${rule}, got ${JSON.stringify(plain(value))}` }];
}

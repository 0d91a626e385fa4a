/**
 * Keeps a program that throws from hanging in Node.js.
 *
 * The SDK prints an uncaught error with `util.inspect(error, { colors: true })`. In the Node.js releases from pull request
 * https://github.com/nodejs/node/pull/59446 up to its repair in https://github.com/nodejs/node/pull/64022 (20.20 among them)
 * that never ends for a frame whose file lies right below a scope, `node_modules/@scope/file.ts`: it appends to a string until it
 * is longer than V8 allows, 20 to 70 seconds at 100 % CPU later. The SDK's source maps make such frames: its `output.js`
 * says it comes from `../output.ts`, so that `source-map-support` shows `node_modules/@pulumi/output.ts`.
 * Every error with such a frame is meant: thrown in an `apply`, in an async program, or behind a promise.
 */

/** A file right below a scope in a frame, `.../node_modules/@pulumi/output.ts:12:3`: its folder, with the separator as second group. */
const FILE_BELOW_SCOPE = /([/\\]node_modules[/\\]@[^/\\\s]+([/\\]))(?=[^/\\\s]+:\d+:\d+)/g;

/** `Error`, whose hook is absent until someone installs one, whatever the types of Node.js say. */
const errors: { prepareStackTrace?: ((error: Error, frames: NodeJS.CallSite[]) => unknown) | undefined } = Error;

/**
 * The stack with the package's folder put back where the SDK's source maps lose it: `node_modules/@pulumi/pulumi/output.ts`.
 * Frames of other files are left as they are.
 *
 * @param stack what `error.stack` holds
 */
export function repairStack(stack: string): string {
  return stack.replace(FILE_BELOW_SCOPE, "$1pulumi$2");
}

/**
 * From here on every error of this process has a stack that Node.js can print. For a program, not a library: it changes
 * `Error.prepareStackTrace`. Does nothing where no source maps are applied, since then no such frame arises. May be called again.
 */
export function repairStackTraces(): void {
  const prepare = errors.prepareStackTrace;
  if (prepare !== undefined) {
    errors.prepareStackTrace = (error, frames) => {
      const stack = prepare(error, frames);
      return typeof stack === "string" ? repairStack(stack) : stack;
    };
  }
}

/**
 * From here on the SDK no longer tells the engine where in the program each resource is made, and by which calls: the engine keeps that in the state, some
 * 800 characters for each resource, shows it nowhere, and writes the state anew at every step. Here it would always be the same place. For a program, not a
 * library. Does nothing where no source maps are applied.
 */
export function dropResourceTraces(): void {
  const prepare = errors.prepareStackTrace;
  if (prepare !== undefined) {
    errors.prepareStackTrace = (error, frames) => {
      const top = frames[0];
      // `Resource.callsites` in @pulumi/pulumi's resource.js; of a trace as short as this it makes none.
      const isResource =
        top?.getFunctionName() === "callsites" && /[/\\]resource\.[jt]s$/.test(top.getFileName() ?? "");
      return prepare(error, isResource ? frames.slice(0, 1) : frames);
    };
  }
}

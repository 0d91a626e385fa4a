import { inspect } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it } from "vitest";
import { repairStack, repairStackTraces } from "../../../program/stackTraces";
import { messageAlone } from "../../../components/validation/errors";

/** As in the module under test: Node.js may have no hook. */
const errors: { prepareStackTrace?: ((error: Error, frames: NodeJS.CallSite[]) => unknown) | undefined } = Error;

const HANGS = "    at OutputImpl.apply (/clone/node_modules/@pulumi/output.ts:12:34)";
const REPAIRED = "    at OutputImpl.apply (/clone/node_modules/@pulumi/pulumi/output.ts:12:34)";

describe("repairStack", () => {
  it("puts the package's folder back into a frame of a file right below a scope", () => {
    expect(repairStack(`Error: x\n${HANGS}\n    at f (/clone/index.ts:1:2)`)).toBe(
      `Error: x\n${REPAIRED}\n    at f (/clone/index.ts:1:2)`,
    );
  });

  it("does the same where Windows' separators are", () => {
    expect(repairStack("    at f (C:\\clone\\node_modules\\@pulumi\\output.ts:1:2)")).toBe(
      "    at f (C:\\clone\\node_modules\\@pulumi\\pulumi\\output.ts:1:2)",
    );
  });

  it.each([
    "    at Object.runProgram (/clone/node_modules/@pulumi/pulumi/cmd/run/run.js:1:2)",
    "    at Stack.initialize (/clone/node_modules/@pulumi/runtime/stack.ts:78:28)",
    "    at f (/clone/node_modules/vitest/index.js:1:2)",
    "    at Module._compile (node:internal/modules/cjs/loader:1521:14)",
    "Error: see /clone/node_modules/@pulumi/output.ts",
  ])("leaves %j as it is", (line) => {
    expect(repairStack(line)).toBe(line);
  });

  it("makes a stack that util.inspect prints in colour, which it would not do before the memory is full otherwise", () => {
    const error = new Error("x");
    error.stack = repairStack(`Error: x\n${HANGS}`);
    expect(inspect(error, { colors: true })).toContain("output.ts:12:34");
  });
});

describe("repairStackTraces", () => {
  const before = errors.prepareStackTrace;
  afterEach(() => {
    errors.prepareStackTrace = before;
  });

  it("repairs what the source maps' hook answers", () => {
    errors.prepareStackTrace = () => `Error: x\n${HANGS}`;
    repairStackTraces();
    expect(new Error("x").stack).toBe(`Error: x\n${REPAIRED}`);
  });

  it("hands on frames that a hook answers as they are", () => {
    errors.prepareStackTrace = (_error, frames) => frames;
    repairStackTraces();
    expect(Array.isArray(new Error("x").stack)).toBe(true);
  });

  it("installs nothing where there is no hook", () => {
    errors.prepareStackTrace = undefined;
    repairStackTraces();
    expect(errors.prepareStackTrace).toBeUndefined();
  });
});

describe("messageAlone", () => {
  it("keeps the error, its type and its message", () => {
    const error = new pulumi.RunError("computes[2].name: empty");
    expect(messageAlone(error)).toBe(error);
    expect(pulumi.RunError.isInstance(error)).toBe(true);
    expect(error.message).toBe("computes[2].name: empty");
  });

  it("leaves no frame", () => {
    expect(messageAlone(new Error("a\nb")).stack).toBe("a\nb");
  });

  it("lets nobody write before the message", () => {
    const error = messageAlone(new Error("a"));
    error.message = `error serializing property "stdin": ${error.message}`;
    expect(error.message).toBe("a");
  });
});

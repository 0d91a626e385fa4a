/**
 * Runs programs without an engine, and keeps what they would have it register: also parents, order, replacement and secrets, which plain mocks do not
 * show. It proves what is asked of the engine, not what the engine does with it.
 */
import * as pulumi from "@pulumi/pulumi";
import type { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { vi } from "vitest";
import { reportOf } from "../../support/report";

/** How a secret travels to the engine. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** One resource, as the engine was asked to register it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  /** Name of the component above. */
  readonly parent: string;
  /** Names of the resources it waits for. */
  readonly dependsOn: readonly string[];
  /** The inputs, secrets taken out of their wrapping. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The inputs that are secret as a whole. */
  readonly secretInputs: readonly string[];
  /** All texts in the inputs that are not in a secret, joined. */
  readonly clearText: string;
  readonly deleteBeforeReplace: boolean;
  readonly retainOnDelete: boolean;
  readonly replaceOnChanges: readonly string[];
  readonly ignoreChanges: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
}

/** What a program did. */
export interface Run<T> {
  readonly resources: readonly Registered[];
  readonly warnings: readonly string[];
  /** What the program returned, where it did not throw. */
  readonly result: T | undefined;
  /** The message of what it threw. */
  readonly error: string | undefined;
  /** The errors that its outputs ended in and nobody took, each once, as the engine's runner shows them. */
  readonly lateErrors: readonly unknown[];
}

/** The parts of a registration that the recorder reads. */
interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getDependenciesList(): string[];
  getObject(): { toJavaScript(): Record<string, unknown> };
  getDeletebeforereplace(): boolean;
  getRetainondelete(): boolean;
  getReplaceonchangesList(): string[];
  getIgnorechangesList(): string[];
  getAdditionalsecretoutputsList(): string[];
}

/** Keeps the registrations that the runtime's mock monitor gets from here on. */
function record(monitor: MockMonitor): readonly RegisterRequest[] {
  const requests: RegisterRequest[] = [];
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request: RegisterRequest, callback) => {
    requests.push(request);
    return register(request, callback);
  };
  return requests;
}

/** What a test says about the run. */
export interface Setting {
  /** What a command prints, by its resource's name: the report of a node that is as declared, where nothing else is said. */
  readonly stdout?: Readonly<Record<string, string>>;
  /** Whether it is a preview, in which no command has run. */
  readonly preview?: boolean;
  /** The stack's configuration, by key with namespace. */
  readonly config?: Readonly<Record<string, string>>;
  /** The keys of it that are secrets. */
  readonly secretKeys?: readonly string[];
}

/** Runs a program to the end of all that it registers. */
export async function run<T>(program: () => T | Promise<T>, setting: Setting = {}): Promise<Run<T>> {
  const { stdout = {}, preview = false, config = {}, secretKeys = [] } = setting;
  const mocks: pulumi.runtime.Mocks = {
    call: ({ inputs }) => inputs as Record<string, unknown>,
    newResource: ({ name, type, inputs }) => ({
      id: `id-of-${name}`,
      state: {
        ...(inputs as Record<string, unknown>),
        ...(type === "command:remote:Command" && !preview
          ? { stdout: stdout[name] ?? reportOf("changed 0"), stderr: "" }
          : {}),
      },
    }),
  };
  await pulumi.runtime.setMocks(mocks, "project", "stack", preview, "organization");
  const requests = record(pulumi.runtime.getMonitor() as unknown as MockMonitor);
  pulumi.runtime.setAllConfig({ ...config }, [...secretKeys]);
  const warn = vi.spyOn(pulumi.log, "warn").mockImplementation(() => Promise.resolve());
  const late = new Set<unknown>();
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (error) => late.add(error));
  try {
    const outcome = await attempt(program);
    await settled(pulumi.runtime.disconnect(), late);
    const warnings = warn.mock.calls.map(([text]) => text);
    return { ...outcome, resources: requests.map(describe), warnings, lateErrors: [...late] };
  } finally {
    process.removeAllListeners("unhandledRejection");
    others.forEach((listener) => process.on("unhandledRejection", listener));
    warn.mockRestore();
  }
}

/** The value of an output, also of one that depends on resources. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}

/**
 * Waits until all is registered. What hangs on an output that ended in an error never is: as for the engine's runner, which ends when nothing is left to
 * do, it is over then once nothing has happened for some turns.
 */
async function settled(disconnected: Promise<void>, late: Set<unknown>): Promise<void> {
  const state = { isDone: false };
  const end = () => {
    state.isDone = true;
  };
  disconnected.catch((error: unknown) => late.add(error)).then(end, end);
  for (let turns = 0; turns < 100 && !(state.isDone && turns > 1); turns += late.size > 0 || state.isDone ? 1 : 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function attempt<T>(program: () => T | Promise<T>): Promise<Pick<Run<T>, "result" | "error">> {
  try {
    return { result: await program(), error: undefined };
  } catch (error) {
    return { result: undefined, error: (error as Error).message };
  }
}

function describe(request: RegisterRequest): Registered {
  const inputs = request.getObject().toJavaScript();
  return {
    type: request.getType(),
    name: request.getName(),
    parent: nameOf(request.getParent()),
    dependsOn: request.getDependenciesList().map(nameOf).sort(),
    inputs: plain(inputs) as Record<string, unknown>,
    secretInputs: Object.keys(inputs).filter((key) => isSecret(inputs[key])),
    clearText: clearTexts(inputs).join("\n"),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    retainOnDelete: request.getRetainondelete(),
    replaceOnChanges: request.getReplaceonchangesList(),
    ignoreChanges: request.getIgnorechangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList().sort(),
  };
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}

function isSecret(value: unknown): value is { readonly value: unknown } {
  return typeof value === "object" && value !== null && (value as Record<string, unknown>)[SIGNATURE] === SECRET;
}

function plain(value: unknown): unknown {
  if (isSecret(value)) {
    return plain(value.value);
  }
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]))
    : value;
}

function clearTexts(value: unknown): readonly string[] {
  if (isSecret(value)) {
    return [];
  }
  return typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, part]) => [key, ...clearTexts(part)])
    : [String(value)];
}

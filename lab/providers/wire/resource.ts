/** What a resource type of a stand-in plugin is: the calls the engine makes for one resource, without gRPC. */
import type { EngineLog, Severity } from "./engineLog";
import type { PropertyMap } from "./values";

/** A property that was refused, and why. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** The answer to "are these inputs valid": the inputs with defaults filled in, and what is wrong with them. */
export interface Checked {
  readonly inputs: PropertyMap;
  readonly failures: readonly CheckFailure[];
}

/** What every operation on one resource knows. */
export interface Operation {
  readonly urn: string;
  /** Whether nothing may happen: the engine only asks what the outputs would look like. */
  readonly preview: boolean;
  /** Aborted when the engine asks the plugin to stop. */
  readonly signal: AbortSignal;
  readonly log: ResourceLog;
}

/** What a read found. Undefined `id`: the resource is gone. */
export interface Found {
  readonly id: string;
  readonly outputs: PropertyMap;
  readonly inputs: PropertyMap;
}

/** One resource type. An error thrown by an operation goes to the user with its message as it is. */
export interface Resource {
  /** The names of all inputs. */
  readonly inputs: readonly string[];
  /** Validates inputs and fills in defaults; nothing is contacted. `olds` are the inputs before, if there were any. */
  check(inputs: PropertyMap, olds: PropertyMap, name: string): Checked;
  /** Whether a change at `path` (such as `triggers[0]`) makes a new resource of it. */
  replaces(path: string): boolean;
  /** What new inputs are compared with to find changes. Without it, the inputs before. */
  compared?(state: PropertyMap, inputs: PropertyMap): PropertyMap;
  /** Makes the resource. */
  create(operation: Operation, inputs: PropertyMap): Promise<{ id: string; outputs: PropertyMap }>;
  /** Changes the resource in place; answers the new outputs. */
  update(operation: Operation, id: string, state: PropertyMap, inputs: PropertyMap): Promise<PropertyMap>;
  /** Looks the resource up. Without it, a refresh answers with what the state says. */
  read?(operation: Operation, id: string, state: PropertyMap, inputs: PropertyMap): Promise<Found | undefined>;
  /** Removes the resource. Without it, removing it from the state is all. */
  delete?(operation: Operation, id: string, state: PropertyMap): Promise<void>;
}

/** A plugin: its package, its resource types by token, and how it takes its configuration. */
export interface Plugin {
  readonly name: string;
  readonly version: string;
  /** The package's schema, as JSON. */
  readonly schema: string;
  readonly resources: Readonly<Record<string, Resource>>;
  /** Takes the provider's configuration before the first operation. */
  configure?(config: PropertyMap): void;
}

/** The engine's log, for one resource. */
export class ResourceLog {
  constructor(
    private readonly log: EngineLog,
    private readonly urn: string,
  ) {}

  /** A message that stays in the output. */
  message(severity: Severity, text: string): void {
    this.log.message(this.urn, severity, text);
  }

  /** A message that is shown only while it is the latest of its resource. */
  status(severity: Severity, text: string): void {
    this.log.status(this.urn, severity, text);
  }

  /** Resolves when all messages given so far have reached the engine. */
  async flushed(): Promise<void> {
    await this.log.flushed();
  }
}

/** The name of a resource: the last part of its URN. */
export function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

/** The type token of a resource: the last of the `$`-separated types in its URN. */
export function typeOf(urn: string): string {
  const types = urn.split("::")[2] ?? "";
  return types.slice(types.lastIndexOf("$") + 1);
}

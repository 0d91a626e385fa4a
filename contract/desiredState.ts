import type {
  ComputeState,
  ControllerState,
  DesiredState,
  Sources,
  Switches,
  VncProxyRetirementState,
} from "./desiredStateTypes";

/** What a node does for consoles. One node may have both roles. */
export enum Role {
  /** Runs the console proxy (`nova-spicehtml5proxy`). */
  Controller = "controller",
  /** Runs `nova-compute` and the guests. */
  Compute = "compute",
}

/** The role of the resource that stops the noVNC proxy once no compute hands out its URLs any more. */
export const vncProxyRetirement = "vnc-proxy-retirement";

/** The desired state of a role, without the resource that sends it, which only that knows. */
export type Declared<S extends DesiredState> = Omit<S, "id">;

/** The desired state of any role, likewise. */
export type DeclaredState = Declared<ControllerState> | Declared<ComputeState> | Declared<VncProxyRetirementState>;

/**
 * The document that the program on the node reads: exactly one JSON object, its members sorted at every level, without white space, of printable ASCII alone.
 *
 * The engine shows such a text as an object, and a change of it as the members that differ: that is what a preview is read for. The same state gives the
 * same bytes, so the document changes exactly when the desired state does.
 */
export function renderDesiredState(state: DesiredState): string {
  return render(state).replace(/[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function render(value: unknown): string {
  if (typeof value !== "object" || value === null) {
    return JSON.stringify(value);
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    // By code units, as no locale orders them.
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${render(member)}`);
  return `{${members.join(",")}}`;
}

/** Sources as the document has them. In a list, a new one would show as a change of all behind it. */
export function sourcesNamed(names: readonly string[]): Sources {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

/** Switches that are on, as the document has them: left out where there is none. */
export function switchedOn(names: readonly string[] = []): Switches | undefined {
  return names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, true as const]));
}

/** A switch, as the document has it: left out where it is off. */
export function on(isOn: boolean | undefined): true | undefined {
  return isOn === true ? true : undefined;
}

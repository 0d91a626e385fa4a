import { expect } from "vitest";
import { renderDesiredState } from "../../../contract/desiredState";
import type { ComputeState, ControllerState, DesiredState } from "../../../contract/desiredStateTypes";
import { schemaErrors } from "../../support/schemas";
import type { Registered } from "./recorder";

/** A desired state of either role, for a look at any of its members. */
export type State = DesiredState & Partial<Omit<ControllerState, "role">> & Partial<Omit<ComputeState, "role">>;

/** The desired state that a command hands to its node; it is valid, and rendered as it has to be. */
export function stateOf(command: Registered | undefined): State {
  const stdin = String(command?.inputs["stdin"]);
  const state = JSON.parse(stdin) as State;
  expect(schemaErrors("desired-state", state)).toEqual([]);
  expect(renderDesiredState(state)).toBe(stdin);
  return state;
}

/**
 * What outputs look like before the operation that makes them has run.
 *
 * Source: pulumi-go-provider v1.3.0 infer/resource.go (markComputed): every output depends on every input.
 */
import { equal, isUnknown, type PropertyMap, UNKNOWN } from "../wire/values";

/**
 * The outputs a preview of a create answers with: those that mirror an input as they are, the others unknown.
 */
export function previewCreate(outputs: PropertyMap, inputs: PropertyMap): PropertyMap {
  return mapOutputs(outputs, inputs, true);
}

/**
 * The outputs a preview of an update answers with: unknown where an input is unknown or differs from the state.
 * An input that the state does not have yet counts for nothing, as with the official plugin.
 *
 * @param names The names of all inputs there are.
 */
export function previewUpdate(
  outputs: PropertyMap,
  inputs: PropertyMap,
  state: PropertyMap,
  names: readonly string[],
): PropertyMap {
  const hasChanged = names.some((name) => {
    const [value, old] = [inputs[name], state[name]];
    return isUnknown(value) || (old !== undefined && !equal(value ?? null, old));
  });
  return mapOutputs(outputs, inputs, hasChanged);
}

function mapOutputs(outputs: PropertyMap, inputs: PropertyMap, isOpen: boolean): PropertyMap {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => {
      const input = inputs[name];
      const mirrors = input !== undefined && equal(input, value);
      return [name, isOpen && !mirrors ? UNKNOWN : value];
    }),
  );
}

import * as pulumi from "@pulumi/pulumi";
import { isLate } from "./inputs";
import { isSpokenFor } from "./logins";

/**
 * What the engine gets to know of a component's arguments: all that is given, so that previews show a change of it by its name, also where a node's desired
 * state is a secret as a whole, and policies can look at it. How to log in and private keys are left out: the state keeps inputs in clear. Nothing below
 * another component of ours, whose arguments they are: the state would have them twice for each node.
 */
export function engineInputs(args: object, opts: pulumi.ComponentResourceOptions | undefined): pulumi.Inputs {
  return isSpokenFor(opts) ? {} : (known(args) as pulumi.Inputs);
}

/** What the engine gets to know of a component's outputs, likewise. */
export function engineOutputs(
  outputs: pulumi.Inputs,
  opts: pulumi.ComponentResourceOptions | undefined,
): pulumi.Inputs {
  return isSpokenFor(opts) ? {} : outputs;
}

/** Nodes as the engine gets to know them: by name, since in a list a new one would show as a change of all behind it. */
export function nodesByName(nodes: readonly { readonly name: string }[]): Readonly<Record<string, object>> {
  return Object.fromEntries(nodes.map(({ name, ...node }) => [name, node]));
}

/** Arguments that are not shown, wherever they stand: also where a program that is not type-checked has put them. */
const hidden: ReadonlySet<string> = new Set([
  ...["connection", "ssh", "privateKeyPem"],
  ...["bastion", "password", "privateKey", "privateKeyPassword", "agentSocketPath"],
]);

function known(value: unknown): unknown {
  if (isLate(value)) {
    return detached(pulumi.output(value as pulumi.Input<object>).apply(known));
  }
  if (Array.isArray(value)) {
    return value.map(known);
  }
  return typeof value === "object" && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([name]) => !hidden.has(name))
          .map(([name, part]) => [name, known(part)]),
      )
    : value;
}

/**
 * An output without the resources that it comes from, on which all that it is used for below the component depends. Where one of these fails and the others are to
 * go on (`--continue-on-error`), the engine skips what depends on it, and then takes a component that was skipped for an error that ends the whole run
 * ("registration isn't pending").
 */
function detached(output: pulumi.Output<unknown>): pulumi.Output<unknown> {
  if (pulumi.runtime.isDryRun()) {
    return output; // Nothing has failed yet, and what is not known is shown as that.
  }
  const { isKnown } = output as unknown as { readonly isKnown: Promise<boolean> };
  const settled = async () => {
    if (!(await isKnown)) {
      return undefined;
    }
    const value = await new Promise((resolve) => output.apply(resolve));
    return (await pulumi.isSecret(output)) ? pulumi.secret(value) : value;
  };
  return pulumi.output(settled());
}

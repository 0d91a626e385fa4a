import * as pulumi from "@pulumi/pulumi";

/** What the engine's library keeps of a resource, and does not declare. */
interface Kept {
  /** The URNs that the resource's own `aliases` stand for. */
  readonly __aliases?: readonly pulumi.Input<string>[];
  readonly __parentResource?: pulumi.Resource;
}

/**
 * The URN that a component had before it was renamed or moved: by the last of its `aliases`, and of those of the components that it stands below. The same as its
 * present URN where there are none. Known in a preview, too.
 *
 * A promise: an output of a component's would make it, with all below it, something that what uses this waits for.
 */
export async function originalUrn(component: pulumi.Resource): Promise<string> {
  const { __aliases: aliases, __parentResource: parent } = component as Kept;
  const present = await known(component.urn);
  const alias = aliases?.at(-1);
  const own = alias === undefined ? present : await known(alias);
  if (parent === undefined) {
    return own;
  }
  const [above, former] = await Promise.all([known(parent.urn), originalUrn(parent)]);
  // An alias can name another parent: then it says all.
  const isBelow = own.startsWith(`${above.slice(0, above.lastIndexOf("::"))}$`);
  return isBelow && above !== former ? below(former, own, nameOf(above)) : own;
}

/** The name in a URN. */
export function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

/** A name that begins with a component's name, as it was when that was another one. The engine does the same for `aliases`. */
export function renamed(name: string, present: string, former: string): string {
  return name.startsWith(present) ? former + name.slice(present.length) : name;
}

/** The URN of what stands below a component that had another URN. @param present the component's name by now */
function below(parent: string, urn: string, present: string): string {
  const type =
    urn
      .slice(0, urn.lastIndexOf("::"))
      .split(/[$]|::/)
      .at(-1) ?? "";
  return `${parent.slice(0, parent.lastIndexOf("::"))}$${type}::${renamed(nameOf(urn), present, nameOf(parent))}`;
}

/** A text once it is known. */
export function known(text: pulumi.Input<string>): Promise<string> {
  return new Promise((resolve) => pulumi.output(text).apply(resolve));
}

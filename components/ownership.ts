import * as pulumi from "@pulumi/pulumi";
import { type Fault, ownerOf, parseFormerStack } from "../nova";

/** Whose the nodes were, where the stack had another name when it last converged them. */
export interface OwnershipArgs {
  /**
   * The former full name of this stack, after `pulumi stack rename` or a move to another backend, organization or project: `acme/openstack-spice/old`, as
   * `pulumi stack ls --all` prints it. A node keeps the name of the stack that owns what was changed there, and refuses every other one; a node of the
   * stack named here is taken over with the next `up`. Once all nodes have converged it may be left out again, which converges each once more and changes
   * nothing. Three parts, or two where the backend has no organizations; another name than the present one. @default none: only this stack's nodes
   */
  readonly formerStack?: string;
}

/** The stack that is running. It owns what it changes on a node, and a node refuses a second owner. */
export function thisStack(): string {
  return ownerOf(pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack());
}

/** The owner, and the former one, as they stand in documents. Without faults, which are known by then. */
export function ownersOf({ formerStack }: OwnershipArgs): { readonly owner: string; readonly formerOwner?: string } {
  const owner = thisStack();
  const former = formerStack === undefined ? undefined : parseFormerStack(formerStack, owner, "").value;
  return former === undefined ? { owner } : { owner, formerOwner: former };
}

/** Faults of the former name. */
export function checkOwnership({ formerStack }: OwnershipArgs): readonly Fault[] {
  return formerStack === undefined ? [] : parseFormerStack(formerStack, thisStack(), "formerStack").faults;
}

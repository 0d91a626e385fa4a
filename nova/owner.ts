import { type Checked, invalid, valid } from "./validationError";

/** What a backend of one's own, which has no organizations, calls its only one. Owners on the nodes leave it out. */
const noOrganization = "organization";

/** How a stack is named on nodes: `organization/project/stack`, or `project/stack` on a backend of one's own. */
export function ownerOf(organization: string, project: string, stack: string): string {
  return organization === noOrganization ? `${project}/${stack}` : `${organization}/${project}/${stack}`;
}

/**
 * Reads the former full name of a stack that was renamed or moved, as `pulumi stack ls --all` prints it, or as its nodes name their owner: without
 * `organization/` where it lived on a backend of one's own.
 *
 * @param owner the stack's present name on the nodes
 * @param path where the name stands in the arguments
 */
export function parseFormerStack(text: string, owner: string, path: string): Checked<string> {
  const refuse = (reason: string): Checked<string> => invalid({ path, reason });
  const example = "Give the stack's former full name, such as acme/openstack-spice/old.";
  const parts = text.split("/");
  // What Pulumi takes in names of organizations, projects and stacks.
  if (parts.length < 2 || parts.length > 3 || !parts.every((part) => /^[\w.-]{1,100}$/.test(part))) {
    return refuse(
      `It is not the full name of a stack: organization, project and stack, with slashes between them, each of letters, digits, hyphens, dots and underscores. ${example}`,
    );
  }
  const [organization = "", project = "", stack = ""] = parts.length === 3 ? parts : [noOrganization, ...parts];
  const former = ownerOf(organization, project, stack);
  return former === owner ? refuse(`It is this stack's present name. ${example} Or take it out.`) : valid(former);
}

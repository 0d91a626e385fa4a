import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ownerOf, parseFormerStack } from "../../../nova";

const present = "acme/openstack-spice/new";

describe("parseFormerStack", () => {
  it.each([
    ["acme/openstack-spice/old", "acme/openstack-spice/old"],
    ["organization/openstack-spice/old", "openstack-spice/old"],
    ["openstack-spice/old", "openstack-spice/old"],
    ["a.b/c_d/e-f", "a.b/c_d/e-f"],
  ])("reads %s as the owner %s", (text, owner) => {
    expect(parseFormerStack(text, present, "formerStack")).toEqual({ value: owner, errors: [] });
  });

  it.each([
    "",
    "old",
    "a/b/c/d",
    "/b/c",
    "a//c",
    "a/b/",
    "a b/c/d",
    "a/b/c\n",
    "a/b/\u00fc",
    "a/b/c=d",
    "a/b/\u001b[0m",
  ])("refuses %j", (text) => {
    expect(parseFormerStack(text, present, "formerStack")).toEqual({
      value: undefined,
      errors: [
        {
          path: "formerStack",
          reason:
            "It is not the full name of a stack: organization, project and stack, with slashes between them, each of letters, digits, hyphens, dots and underscores. " +
            "Give the stack's former full name, such as acme/openstack-spice/old.",
        },
      ],
    });
  });

  it("refuses the present name, however it is written", () => {
    const reason =
      "It is this stack's present name. Give the stack's former full name, such as acme/openstack-spice/old. Or take it out.";
    expect(parseFormerStack(present, present, "at").errors).toEqual([{ path: "at", reason }]);
    expect(parseFormerStack("organization/p/s", "p/s", "at").errors).toEqual([{ path: "at", reason }]);
  });

  it("reads every name that the owner of a node can be, as that owner", () => {
    const part = fc.stringMatching(/^[\w.-]{1,20}$/);
    fc.assert(
      fc.property(part, part, part, (organization, project, stack) => {
        const owner = ownerOf(organization, project, stack);
        fc.pre(owner !== present);
        expect(parseFormerStack(owner, present, "at").value).toBe(owner);
        expect(parseFormerStack(`${organization}/${project}/${stack}`, present, "at").value).toBe(owner);
      }),
    );
  });
});

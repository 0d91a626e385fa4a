import { beforeEach, describe, expect, it } from "vitest";
import { ConfigurationManagementTool } from "../../nova";
import { nodeForTests } from "../support/nodeForTests";
import { computeDocument, controllerDocument, retirementDocument } from "./support/documents";
import { testProgram } from "./support/injection";
import { managerFixtures } from "./support/managers";
import { converge, lines, runVerb } from "./support/program";
import { snapshot } from "./support/snapshot";

/** A node on which another tool manages Nova: refused by the tool's name, with the tool's own settings, and left untouched. */

const NAME = "g-managers";
const documents = {
  controller: controllerDocument(NAME),
  compute: computeDocument(NAME),
  retirement: retirementDocument(NAME),
};

/** The program up to the check in question: there are many nodes to look at, and what comes after is for other tests. */
const thatStopsThere = testProgram({ at: [{ point: "check-managers", when: "after", then: "end" }] });

describe("a node on which Nova is managed by", () => {
  const node = nodeForTests(NAME, "proxy");
  beforeEach(async () => {
    await node.reset();
  });
  it("none of the tools is refused for none of them", async () => {
    expect((await runVerb(node, "check", documents.controller)).status).toBe(0);
  });

  it.each(managerFixtures)("$manager is refused as a $role", async (fixture) => {
    const { manager, role, leave, title, settings, nearMisses } = fixture;
    const evidence = fixture.evidence.replace("@", await node.read(`set -e\n${leave}`));
    const before = await snapshot(node);
    const outcome = await converge(node, documents[role]);
    expect(outcome).toEqual({
      status: 3,
      stdout: "",
      stderr: lines(
        `openstack-spice: error: ${NAME}: ${title} manages Nova on this node (${evidence}), and would undo what is changed here. ` +
          `For the same result there: ${settings}. Or take Nova on this node out of its hands, and set ignoreConfigurationManagement: [${manager}]`,
      ),
    });
    expect(await snapshot(node)).toEqual(before);
    for (const [what, makeIt] of Object.entries(nearMisses)) {
      await node.read(`set -e\n${makeIt}`);
      const { status, stdout, stderr } = await runVerb(node, "check", documents[role], thatStopsThere);
      expect([what, status, stdout, stderr]).toEqual([what, 0, "passed\n", ""]);
    }
  });

  it("a tool out of whose hands it was taken is not refused, and by another one it is", async () => {
    const [puppet, , chef] = managerFixtures;
    await node.read(`set -e\n${puppet?.leave}`);
    const document = controllerDocument(NAME, { ignoreConfigurationManagement: [ConfigurationManagementTool.Puppet] });
    expect(await runVerb(node, "check", document)).toMatchObject({ status: 0, stderr: "" });
    await node.read(`set -e\n${chef?.leave}`);
    const { status, stderr } = await runVerb(node, "check", document);
    expect([status, stderr.split("(")[0]]).toEqual([
      3,
      `openstack-spice: error: ${NAME}: Chef manages Nova on this node `,
    ]);
  });
});

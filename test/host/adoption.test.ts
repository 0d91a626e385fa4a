import { beforeEach, describe, expect, it } from "vitest";
import { nodeForTests } from "../support/nodeForTests";
import { OWNER, controllerDocument } from "./support/documents";
import { controllerReport, converge, lines, revert, runVerb } from "./support/program";
import { snapshot } from "./support/snapshot";

/** What is as declared already is found, not made: it is not touched, not recorded, and left at a revert. */

const NAME = "h-adoption";
describe("a controller that has SPICE consoles of its own", () => {
  const node = nodeForTests(NAME, "proxy");
  beforeEach(async () => {
    await node.reset();
    await node.read(`sed -i 's/^NOVA_CONSOLE_PROXY_TYPE=.*/NOVA_CONSOLE_PROXY_TYPE=spicehtml5/' /etc/default/nova-consoleproxy
      systemctl disable -q --now nova-novncproxy 2>/dev/null`);
  });
  async function configureByHand(...options: readonly string[]): Promise<void> {
    await node.read(
      "cat >>/etc/nova/nova.conf && systemctl enable -q --now nova-spicehtml5proxy 2>/dev/null",
      lines(...options),
    );
    await node.untilServes(6082, "/spice_auto.html");
  }

  it("is left as it is, however it is spelled: nothing changed, nothing recorded, nothing taken back", async () => {
    await configureByHand("[SPICE]", "html5proxy_host: '0.0.0.0'", "html5proxy_port=6080", 'html5proxy_port = "6082"');
    const before = await snapshot(node);
    const { status, stdout, stderr } = await converge(node, controllerDocument(NAME));
    expect([status, stdout, stderr]).toEqual([0, controllerReport([]), ""]);
    expect((await runVerb(node, "status")).stdout).toBe(lines("nova 26.2.2", "role controller", `owner ${OWNER}`));
    expect({ ...(await snapshot(node)), own: [] }).toEqual(before);
    expect((await revert(node, "controller")).stdout).toBe(controllerReport([]));
    expect(await snapshot(node)).toEqual(before);
  });

  it("keeps what it had when the rest is taken back", async () => {
    await configureByHand("[spice]", "html5proxy_host = 0.0.0.0");
    const before = await snapshot(node);
    const { stdout } = await converge(node, controllerDocument(NAME));
    expect(stdout).toBe(
      controllerReport(["change spice/html5proxy_port: (unset) -> 6082", "restarted nova-spicehtml5proxy"]),
    );
    expect((await runVerb(node, "status")).stdout).toBe(
      lines("nova 26.2.2", "role controller", `owner ${OWNER}`, "recorded spice/html5proxy_port"),
    );
    expect((await revert(node, "controller")).stdout).toBe(
      controllerReport(["change spice/html5proxy_port: 6082 -> (unset)", "restarted nova-spicehtml5proxy"]),
    );
    const after = await snapshot(node);
    expect({ ...after, processes: undefined }).toEqual({ ...before, processes: undefined });
    await node.untilServes(6082, "/spice_auto.html");
  });
});

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { RunningEngine } from "../support/engine";
import { nodeForTests } from "../support/nodeForTests";
import { type Snapshot, snapshot } from "../host/support/snapshot";
import { NodeStack, connectionTo } from "../up/support/nodes";
import { hostKey } from "../up/support/cloud";

/** The engine is stopped while a node converges: the node goes on to its end, and the next `up` finds it converged. */

const NAME = "x-engine";

describe("a node whose `pulumi up`", () => {
  let stack: NodeStack;
  const node = nodeForTests(NAME, "proxy");
  let before: Snapshot;

  const declared = () => ({ controllers: [{ name: "first", connection: connectionTo(node) }] });
  /** A service that takes a few seconds to start, so that the engine is stopped while the node converges. */
  const SLOW = "/run/systemd/system/nova-spicehtml5proxy.service.d";
  const atWork = "systemctl is-active -q openstack-spice-controller.service";

  beforeEach(async () => {
    await node.reset();
    before = await snapshot(node);
    stack = new NodeStack();
    stack.declare(declared());
    await node.read(
      `mkdir -p ${SLOW} && printf '[Service]\\nExecStartPre=/bin/sleep 6\\n' >${SLOW}/slow.conf && systemctl daemon-reload`,
    );
  });
  /** Runs `up`, does something while the node converges, and waits for both to end. */
  async function interrupted(stop: (engine: RunningEngine) => Promise<void> | void): Promise<string> {
    const { output } = await stack.project.pulumiInterrupted(
      async (engine) => {
        await node.until(atWork, 60);
        await stop(engine);
      },
      "up",
      "--yes",
      "--skip-preview",
    );
    await node.until(`! ${atWork}`, 60);
    return output;
  }

  /** The node has SPICE, the next `up` has nothing to change there, and `destroy` puts it back. */
  async function endsWell(): Promise<void> {
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
    const { output, status } = stack.up(declared());
    expect([status, output.includes("changed 0")]).toEqual([0, true]);
    await isPutBackByDestroy();
  }

  /** `destroy` gives the node every byte back. */
  async function isPutBackByDestroy(): Promise<void> {
    expect(stack.destroy().status).toBe(0);
    const { etc, units, own } = await snapshot(node);
    expect({ etc, units, own }).toEqual({ etc: before.etc, units: before.units, own: before.own });
    stack.project.remove();
  }

  it("is interrupted twice by Ctrl-C", async () => {
    await interrupted(async ({ kill, said }) => {
      kill("SIGINT");
      // Two signals at once can be one.
      await said("press ^C again");
      kill("SIGINT");
    });
    await endsWell();
  });

  it("is killed, and its lock taken away by `pulumi cancel`", async () => {
    await interrupted(({ kill }) => {
      kill("SIGKILL");
    });
    expect(stack.project.pulumi("cancel", "--yes").status).toBe(0);
    await endsWell();
  });

  it("loses its state afterwards: one command on the node puts it back, and a later `up` starts clean", async () => {
    expect(stack.up(declared()).status).toBe(0);
    const state = join(stack.project.folder, "state");
    rmSync(state, { recursive: true });
    mkdirSync(state);
    expect(await node.read("openstack-spice revert controller")).toMatch(/\n\{"end":4\}\n$/);
    const { etc, units, own, rules, packages } = await snapshot(node);
    const { processes: _, ...was } = before;
    expect({ etc, units, own, rules, packages }).toEqual(was);
    expect(stack.project.pulumi("stack", "init", "test").status).toBe(0);
    const { status, output } = stack.up(declared());
    expect([status, /\+ \d+ created/.test(output), output.includes("changed 4")]).toEqual([0, true, true]);
    await isPutBackByDestroy();
  });

  it("meets a host key that is another one is not touched", async () => {
    const other = `ssh-ed25519 ${Buffer.concat([Buffer.from("0000000b7373682d6564323535313900000020", "hex"), Buffer.alloc(32, 7)]).toString("base64")}`;
    const { status, output } = stack.up({
      controllers: [{ name: "first", connection: { host: node.address, hostKey: other } }],
    });
    expect([status, /host key mismatch|key mismatch/.test(output), hostKey(node) === other]).toEqual([1, true, false]);
    const { etc, units, own } = await snapshot(node);
    expect({ etc, units, own }).toEqual({ etc: before.etc, units: before.units, own: before.own });
    stack.project.remove();
  });
});

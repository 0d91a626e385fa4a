/** What becomes of nodes when their list changes, by the real engine: renamed, moved, gone, with another role or key. Each step starts where the one before ended. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Snapshot, snapshot } from "../host/support/snapshot";
import { LabNode, lab } from "../support/lab";
import { NodeStack, type TestController, connectionTo, makeKey, startAgent } from "./support/nodes";

/** An address that a node gets besides its own. */
const SECOND_ADDRESS = "198.18.0.252";

let stack: NodeStack;
let one: LabNode;
let two: LabNode;
let bare: { readonly one: Snapshot; readonly two: Snapshot };

/** A controller of the stack on a node. */
function on(node: LabNode, name: string, more: Partial<TestController> = {}): TestController {
  return { name, connection: connectionTo(node), ...more };
}

/** What there is of a node that must be as it was before anything was done to it. */
function comparable({ etc, units, rules, own }: Snapshot): Partial<Snapshot> {
  return { etc, units, rules, own };
}

/** What the engine counts at its end, such as `2 created`. */
function counts(output: string): readonly string[] {
  const summary = output.slice(output.lastIndexOf("Resources:"));
  return [...summary.matchAll(/\d+ (?:created|updated|replaced|deleted|unchanged)/g)].map(([count]) => count);
}

beforeAll(async () => {
  stack = new NodeStack();
  [one, two] = await Promise.all([LabNode.boot("a-one", "proxy"), LabNode.boot("a-two", "proxy")]);
  const [first, second] = await Promise.all([snapshot(one), snapshot(two)]);
  bare = { one: first, two: second };
  const { status, output } = stack.up({ controllers: [on(one, "first"), on(two, "second")] });
  expect(output).toMatch(/\+ 7 created/);
  expect(status).toBe(0);
});
afterAll(async () => {
  stack.project.remove();
  await Promise.all([one.remove(), two.remove()]);
});

describe("a node whose resource is another one", () => {
  const superseded =
    /the role controller of this node is managed by another resource of the stack 'openstack-spice-test\/test' by now/;
  let before: Snapshot;
  beforeAll(async () => {
    before = await snapshot(one);
  });

  it("because it stands elsewhere in the program, is converged to no change, and not put back when the former one goes", async () => {
    const { status, output } = stack.up({ controllers: [on(one, "first"), on(two, "second")], wrapped: true });
    expect(output).toMatch(superseded);
    expect(output).toContain("changed 0");
    expect(status).toBe(0);
    expect(counts(output)).toEqual(["7 created", "6 deleted", "1 unchanged"]);
    expect(await snapshot(one)).toEqual(before);
  });

  it("because it got another name, too", async () => {
    const { status, output } = stack.up({ controllers: [on(one, "renamed"), on(two, "second")] });
    expect(output).toMatch(superseded);
    expect(status).toBe(0);
    expect(await snapshot(one)).toEqual(before);
    expect(await one.answers(6082, "/spice_auto.html")).toBe(200);
  });
});

describe("a node at another address", () => {
  const others = () => [on(two, "second")];

  it("that is the same machine is put back, then converged, and so ends as it was", async () => {
    await one.read(`ip address add ${SECOND_ADDRESS}/24 dev eth0`);
    const before = await snapshot(one);
    const moved = on(one, "renamed", { connection: connectionTo(one, SECOND_ADDRESS) });
    const { status, output } = stack.up({ controllers: [moved, ...others()] });
    expect(output).toMatch(/service\/nova-spicehtml5proxy: enabled, active -> disabled, inactive/);
    expect(status).toBe(0);
    const now = await snapshot(one);
    expect(now.etc).toEqual(before.etc);
    expect(now.units).toEqual(before.units);
  });

  it("that is the same machine, and was set to be kept before, is not touched, though its former address is dead", async () => {
    const before = await snapshot(one);
    const keep = { onDestroy: "keep" } as const;
    await one.read(`ip address delete ${SECOND_ADDRESS}/24 dev eth0`);
    const dead = on(one, "renamed", { connection: connectionTo(one, SECOND_ADDRESS), ...keep });
    const kept = stack.up({ controllers: [dead, ...others()] });
    expect(counts(kept.output)).toEqual(["1 updated", "6 unchanged"]); // the component, which has the argument
    expect(kept.status).toBe(0);
    const moved = stack.up({ controllers: [on(one, "renamed", keep), ...others()] });
    expect(counts(moved.output)).toContain("2 replaced");
    expect(moved.status).toBe(0);
    const restored = stack.up({ controllers: [on(one, "renamed"), ...others()] });
    expect(counts(restored.output)).toEqual(["1 updated", "6 unchanged"]);
    expect(restored.status).toBe(0);
    expect(await snapshot(one)).toEqual(before);
  });

  it("that is another machine: the former one gets back what it had", async () => {
    const { status } = stack.up({ controllers: [on(one, "renamed")] });
    expect(status).toBe(0);
    expect(comparable(await snapshot(two))).toEqual(comparable(bare.two));
    const moved = stack.up({ controllers: [on(two, "renamed")] });
    expect(moved.status).toBe(0);
    expect(comparable(await snapshot(one))).toEqual(comparable(bare.one));
    expect(await two.answers(6082, "/spice_auto.html")).toBe(200);
    expect(stack.up({ controllers: [on(one, "first"), on(two, "renamed")] }).status).toBe(0);
  });
});

describe("a node that is declared otherwise", () => {
  it("gets a second role, and is rid of it again, without a change to the first", async () => {
    const controllers = [on(one, "first"), on(two, "renamed")];
    const before = await snapshot(one);
    expect(stack.up({ controllers, retired: ["first"] }).status).toBe(0);
    expect(await one.answers(6080, "/vnc_auto.html")).toBeUndefined();
    expect(await one.answers(6082, "/spice_auto.html")).toBe(200);
    expect(stack.up({ controllers }).status).toBe(0);
    expect(await one.answers(6080, "/vnc_auto.html")).toBe(200);
    const now = await snapshot(one);
    expect(comparable(now)).toEqual(comparable(before));
    expect(now.processes["nova-spicehtml5proxy.service"]).toBe(before.processes["nova-spicehtml5proxy.service"]);
  });

  it("gets back the former value of an option that is no longer declared", async () => {
    const controllers = [on(one, "first"), on(two, "renamed")];
    const option = "grep -n source_is_ipv6 /etc/nova/nova.conf";
    const before = await one.read("cat /etc/nova/nova.conf");
    const declared = on(one, "first", { extraNovaOptions: { "DEFAULT/source_is_ipv6": "true" } });
    expect(stack.up({ controllers: [declared, on(two, "renamed")] }).status).toBe(0);
    expect(await one.read(option)).toMatch(/:source_is_ipv6 = true$/m);
    const { status, output } = stack.up({ controllers });
    expect(output).toContain("DEFAULT/source_is_ipv6: true -> (unset)");
    expect(status).toBe(0);
    expect(await one.read("cat /etc/nova/nova.conf")).toBe(before);
  });
});

describe("keys that are rotated", () => {
  const controllers = () => [on(one, "first"), on(two, "renamed")];
  const authorized = "/home/ops/.ssh/authorized_keys";
  let key: string;
  let before: readonly Snapshot[];
  beforeAll(async () => {
    key = makeKey(join(stack.project.folder, "rotated"));
    before = await Promise.all([snapshot(one), snapshot(two)]);
    for (const node of [one, two]) {
      await node.read(
        `cp -p ${authorized} ${authorized}.former && cat >${authorized}`,
        readFileSync(`${key}.pub`, "utf8"),
      );
    }
  });
  afterAll(async () => {
    for (const node of [one, two]) {
      await node.read(`mv ${authorized}.former ${authorized}`);
    }
    expect(stack.up({ controllers: controllers() }).status).toBe(0);
  });

  it("cost one run on each node that changes and restarts nothing", async () => {
    const { status, output } = stack.up({ controllers: controllers(), ssh: { user: "ops", privateKeyFile: key } });
    expect(counts(output)).toEqual(["4 updated", "3 unchanged"]);
    expect(output).not.toMatch(/ -> |restarted/);
    expect(output).toContain("changed 0");
    expect(status).toBe(0);
    expect(await Promise.all([snapshot(one), snapshot(two)])).toEqual(before);
  });

  it("cost nothing with an agent", () => {
    const socket = join(stack.project.folder, "agent.socket");
    const agent = startAgent(socket, key);
    try {
      stack.project.setEnvironment("SSH_AUTH_SOCK", socket);
      expect(stack.up({ controllers: controllers(), ssh: { user: "ops" } }).status).toBe(0);
      agent.hold(makeKey(join(stack.project.folder, "next")));
      const { status, output } = stack.up({ controllers: controllers(), ssh: { user: "ops" } }, "--expect-no-changes");
      expect(output).toMatch(/7 unchanged/);
      expect(status).toBe(0);
    } finally {
      agent.end();
      stack.project.setEnvironment("SSH_AUTH_SOCK", undefined);
    }
  });
});

describe("a second stack on a node", () => {
  it("is refused, and hears whose the node is", async () => {
    const other = new NodeStack();
    try {
      const before = await snapshot(one);
      expect(other.project.pulumi("stack", "init", "other").status).toBe(0);
      const { status, output } = other.up({ controllers: [on(one, "first")] });
      expect(status).not.toBe(0);
      expect(output).toContain(
        "first: the stack 'openstack-spice-test/test' already manages the role controller of this node, this one is 'openstack-spice-test/other'.",
      );
      expect(await snapshot(one)).toEqual(before);
      expect(other.destroy().status).toBe(0);
      expect(await snapshot(one)).toEqual(before);
    } finally {
      other.project.remove();
    }
  });
});

describe("a node that is gone for good", () => {
  beforeAll(async () => {
    await lab("stop", "a-two");
  });

  it("fails what takes it out, and it alone", () => {
    const { status, output } = stack.up({ controllers: [on(one, "first")] });
    expect(status).not.toBe(0);
    expect(output).toMatch(/renamed-converge .*error: after 2 failed attempts: dial tcp /);
    expect(counts(output)).toEqual(["4 unchanged"]);
  });

  it("goes once it is kept, which connects to no node", () => {
    const kept = stack.up({ controllers: [on(one, "first"), on(two, "renamed", { onDestroy: "keep" })] });
    expect(counts(kept.output)).toEqual(["1 updated", "6 unchanged"]);
    expect(kept.status).toBe(0);
    const { status } = stack.up({ controllers: [on(one, "first")] });
    expect(status).toBe(0);
    expect(stack.project.pulumi("stack", "--show-urns").output).not.toContain("renamed");
  });

  it("leaves the others as they should be: they are put back by destroy", async () => {
    expect(stack.destroy().status).toBe(0);
    expect(comparable(await snapshot(one))).toEqual(comparable(bare.one));
  });
});

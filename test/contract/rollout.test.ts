import { describe, expect, it } from "vitest";
import { Vnc } from "../../components";
import { revertCommand } from "../../remote/convergence";
import { cloud, node } from "./support/cloud";
import { declare, find } from "./support/declared";
import { stateOf } from "./support/states";

describe("the order of a cloud", () => {
  it("converges controllers, then the canary, then batches", async () => {
    const computes = [1, 2, 3, 4].map((number) => ({
      name: `compute-${number}`,
      connection: node(20 + number),
      serverProxyclientAddress: `198.51.100.${20 + number}`,
    }));
    const controllers = [
      ...cloud.controllers,
      { name: "control-2", connection: node(12), proxySourceAddresses: ["198.51.100.12"] },
    ];
    const rollout = { canaries: ["compute-2"], batchSize: 2 };
    const { resources } = await declare({ ...cloud, controllers, computes, rollout });
    const waits = (name: string) =>
      find(resources, `cloud-${name}-converge`).dependsOn.filter((other) => other !== `cloud-${name}-program`);
    const controllerCommands = ["cloud-control-1-converge", "cloud-control-2-converge"];
    expect(waits("control-1")).toEqual([]);
    expect(waits("control-2")).toEqual([]);
    expect(waits("compute-2")).toEqual(controllerCommands);
    expect(waits("compute-1")).toEqual(["cloud-compute-2-converge"]);
    expect(waits("compute-3")).toEqual(["cloud-compute-2-converge"]);
    expect(waits("compute-4")).toEqual(["cloud-compute-1-converge", "cloud-compute-3-converge"]);
  });

  it("retires noVNC with Off alone, on every controller, after the last batch", async () => {
    for (const vnc of [Vnc.Keep, Vnc.Alongside, undefined]) {
      const { resources } = await declare({ ...cloud, vnc });
      expect(resources.filter(({ type }) => type.includes("VncProxyRetirement"))).toEqual([]);
    }
    const { resources } = await declare({ ...cloud, vnc: Vnc.Off });
    expect(find(resources, "cloud-vnc-proxies").parent).toBe("cloud");
    const command = find(resources, "cloud-vnc-proxies-control-1-converge");
    const { inputs, parent, dependsOn } = command;
    expect(parent).toBe("cloud-vnc-proxies");
    expect(dependsOn).toEqual(["cloud-compute-1-converge", "cloud-vnc-proxies-control-1-program"]);
    expect(inputs["delete"]).toBe(revertCommand("vnc-proxy-retirement"));
    expect(stateOf(command)).toEqual({
      role: "vnc-proxy-retirement",
      id: "020fe7",
      node: "control-1",
      owner: "project/stack",
    });
    expect(stateOf(find(resources, "cloud-compute-1-converge"))).toMatchObject({
      vnc: "off",
      "nova.conf": { vnc: { enabled: "false" } },
    });
  });

  it("leaves the controllers' documents alone when VNC is switched off", async () => {
    const document = async (vnc: Vnc) =>
      find((await declare({ ...cloud, vnc })).resources, "cloud-control-1-converge").inputs;
    expect(await document(Vnc.Off)).toEqual(await document(Vnc.Alongside));
  });
});

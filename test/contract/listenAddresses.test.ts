import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { Vnc } from "../../components";
import { cloud, node } from "./support/cloud";
import { declare } from "./support/declared";
import type { Registered } from "./support/recorder";
import { stateOf } from "./support/states";

describe("controllers that listen on addresses of their own", () => {
  const two = [
    { name: "control-1", connection: node(11), listenAddress: "192.0.2.11" },
    { name: "control-2", connection: node(12), listenAddress: "192.0.2.12" },
    { name: "control-3", connection: node(13) },
  ];
  const hosts = (resources: readonly Registered[]) =>
    resources
      .filter(({ name }) => /^cloud-control-\d-converge$/.test(name))
      .map((command) => [command.name.slice(6, 15), stateOf(command)["nova.conf"]?.["spice"]?.["html5proxy_host"]]);

  it("have each its own html5proxy_host, and the shared one where they name none", async () => {
    const proxy = { ...cloud.proxy, baseUrl: "https://console.example.org/spice_auto.html", behindLoadBalancer: true };
    expect(hosts((await declare({ ...cloud, proxy, controllers: two })).resources)).toEqual([
      ["control-1", "192.0.2.11"],
      ["control-2", "192.0.2.12"],
      ["control-3", "0.0.0.0"],
    ]);
    const shared = { ...proxy, listenAddress: "127.0.0.1" };
    expect(hosts((await declare({ ...cloud, proxy: shared, controllers: two })).resources).at(-1)).toEqual([
      "control-3",
      "127.0.0.1",
    ]);
  });

  it("may have them as outputs", async () => {
    const listenAddress = pulumi.output("192.0.2.11");
    const { resources, error } = await declare({
      ...cloud,
      controllers: [{ name: "control-1", connection: node(11), listenAddress }],
    });
    expect(error).toBeUndefined();
    expect(hosts(resources)).toEqual([["control-1", "192.0.2.11"]]);
  });

  it("stop noVNC as any others do", async () => {
    const { resources, error } = await declare({ ...cloud, controllers: two, vnc: Vnc.Off });
    expect(error).toBeUndefined();
    expect(resources.filter(({ name }) => /^cloud-vnc-proxies-control-\d-converge$/.test(name)).length).toBe(3);
  });
});

import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { SpiceConsole, Vnc } from "../../components";
import { reportOf } from "../support/report";
import { cloud, node } from "./support/cloud";
import { commandsOf, declare } from "./support/declared";
import { run, valueOf } from "./support/recorder";

describe("what a cloud's nodes report", () => {
  it("puts together what a node reports for its roles", async () => {
    const both = { name: "all-1", connection: node(31) };
    const args = { ...cloud, controllers: [both], computes: [{ ...both, serverProxyclientAddress: "198.51.100.31" }] };
    const report = reportOf(
      "nova 26.2.2",
      "package nova-consoleproxy 2:26.2.2-1~deb12u5",
      "firewall nftables",
      "change spice/html5proxy_host: (unset) -> 0.0.0.0",
      "restarted nova-spicehtml5proxy",
      "changed 1",
    );
    const { result } = await run(
      async () => {
        const spice = new SpiceConsole("cloud", args);
        return {
          nodes: await valueOf(spice.nodes),
          url: await valueOf(spice.proxyPageUrl),
          secret: await pulumi.isSecret(spice.nodes),
        };
      },
      { stdout: { "cloud-all-1-converge": `Welcome to all-1!\n${report}` } },
    );
    expect(result).toEqual({
      url: cloud.proxy.baseUrl,
      secret: false,
      nodes: {
        "all-1": {
          roles: ["controller", "compute"],
          novaVersion: "26.2.2",
          packages: { "nova-consoleproxy": "2:26.2.2-1~deb12u5" },
          firewall: "nftables",
          changes: Array(2).fill({ subject: "spice/html5proxy_host", old: "(unset)", new: "0.0.0.0" }),
          guestsWithoutSpice: [],
          restarted: Array(2).fill("nova-spicehtml5proxy"),
        },
      },
    });
  });

  it("puts what noVNC's retirement reported to the rest, and counts it as no role", async () => {
    const report = reportOf("change service/nova-novncproxy: enabled, active -> disabled, inactive", "changed 1");
    const { result: outcome } = await run(
      async () => (await valueOf(new SpiceConsole("cloud", { ...cloud, vnc: Vnc.Off }).nodes))["control-1"],
      { stdout: { "cloud-vnc-proxies-control-1-converge": report } },
    );
    expect([outcome?.roles, outcome?.changes]).toEqual([
      ["controller"],
      [{ subject: "service/nova-novncproxy", old: "enabled, active", new: "disabled, inactive" }],
    ]);
  });
});

describe("a node whose login runs nothing", () => {
  const compute2 = { name: "compute-2", connection: node(22), serverProxyclientAddress: "198.51.100.22" };
  const args = { ...cloud, computes: [...cloud.computes, compute2] };
  const message =
    "compute-1 (compute): the login succeeded, but the program did not run to its end there: its report has no end mark, or not all that the mark counts. " +
    "See that `ssh ops@192.0.2.21 echo ok` prints ok, and nothing that the login shell's start files (.bashrc, .profile) do ends it. " +
    "Then have the nodes converge again: give convergeAgain another value (pulumi config set convergeAgain $(date +%F.%T)), and run pulumi up.";

  it.each([
    ["nothing", ""],
    ["a greeting", "Welcome!"],
    ["a report that is cut off", reportOf("nova 26.2.2", "change a/b: 1 -> 2")],
    ["an end mark that is cut off", reportOf("changed 0").slice(0, -4)],
    ["a report without all that its end mark counts", reportOf("change a/b: 1 -> 2", "changed 2")],
    ["more of a report behind its end mark", reportOf("changed 0", "nova 26.2.2")],
  ])("fails the up with one error, and nothing that waits for it goes on: %s", async (_what, stdout) => {
    const { resources, lateErrors } = await declare(args, { stdout: { "cloud-compute-1-converge": stdout } });
    expect(lateErrors.map((error) => (error as Error).message)).toEqual([message]);
    expect(pulumi.RunError.isInstance(lateErrors[0])).toBe(true);
    const commands = commandsOf(resources).map(({ name }) => name);
    expect(commands).toEqual(["cloud-control-1-converge", "cloud-compute-1-converge"]);
  });

  it("is named by its own login where it has one, and by its role", async () => {
    const controllers = [{ name: "control-1", connection: { ...node(11), user: "root" } }];
    const { lateErrors, resources } = await declare(
      { ...args, controllers },
      { stdout: { "cloud-control-1-converge": "" } },
    );
    expect(lateErrors.length).toBe(1);
    expect((lateErrors[0] as Error).message).toContain("control-1 (controller): the login");
    expect((lateErrors[0] as Error).message).toContain("`ssh root@192.0.2.11 echo ok`");
    expect(resources.map(({ name }) => name)).not.toContain("cloud-compute-1-converge");
  });

  it("counts for noVNC's retirement too", async () => {
    const { lateErrors } = await declare(
      { ...cloud, vnc: Vnc.Off },
      { stdout: { "cloud-vnc-proxies-control-1-converge": "" } },
    );
    expect(lateErrors.map((error) => String(error).slice(0, 60))).toEqual([
      "Error: control-1 (vnc-proxy-retirement): the login succeeded",
    ]);
  });

  it("is none where the report is whole, whatever is said before it", async () => {
    const { lateErrors, warnings } = await declare(args, {
      stdout: { "cloud-compute-1-converge": `Welcome!\n${reportOf("nova 26.2.2", "changed 0")}logout` },
    });
    expect([...lateErrors, ...warnings]).toEqual([]);
  });

  it("converges again when convergeAgain changes, which changes the command of each node and nothing else", async () => {
    const commands = async (more: object) =>
      commandsOf((await declare({ ...args, vnc: Vnc.Off, ...more })).resources).map(({ inputs }) => inputs);
    const before = await commands({});
    const after = await commands({ convergeAgain: "2026-03-01" });
    expect(after).toEqual(before.map((inputs) => ({ ...inputs, create: `${String(inputs["create"])} 2026-03-01` })));
    expect(after.length).toBe(4);
    expect((await declare({ ...args, convergeAgain: "a; reboot" })).error).toContain(
      "\n  convergeAgain: It is not one word.",
    );
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeTables } from "../../tools/nodeTables";
import { LabNode } from "../support/lab";
import { controllerDocument, retirementDocument } from "./support/documents";
import { converge, lines, revert } from "./support/program";
import { type Snapshot, changedPaths, snapshot } from "./support/snapshot";

/** Each platform the lab has: converge, a second run that changes nothing, noVNC retired, and the way back. */

interface Platform {
  readonly name: string;
  readonly node: string;
  readonly layer: string;
  readonly nova: string;
  /** What has to be done first on such a node. */
  readonly prepare?: string;
  /** The packages of a controller, in the order of the report. */
  readonly packages: Readonly<Record<string, string>>;
  readonly spice: string;
  readonly novnc: string;
  /** What is reported of a converge before and after the options, and of its revert around them. */
  readonly reported: {
    readonly before: readonly string[];
    readonly after: readonly string[];
    readonly undone: readonly string[];
  };
  /** What is reported beside the service when noVNC is retired, as `SUBJECT: FROM -> TO`. */
  readonly alsoRetired?: readonly [subject: string, from: string, to: string];
  readonly stderr: string;
}

/** A RHEL-like one: nothing of SPICE is installed before. */
function rhelLike(
  facts: Pick<Platform, "name" | "node" | "layer" | "nova" | "prepare"> & {
    readonly build: string;
    readonly client: string;
  },
): Platform {
  const { build, client, ...rest } = facts;
  const spice = "openstack-nova-spicehtml5proxy";
  const packages = { [spice]: build, "spice-html5": client };
  return {
    ...rest,
    spice,
    novnc: "openstack-nova-novncproxy",
    packages,
    reported: {
      before: Object.entries(packages).map(
        ([name, version]) => `change package/${name}: (not installed) -> ${version}`,
      ),
      after: [`change service/${spice}: (not installed) -> enabled, active`],
      undone: [`change service/${spice}: enabled, active -> disabled, inactive`],
    },
    stderr: `openstack-spice: ${facts.node}: installing ${spice}-${build}.noarch spice-html5\n`,
  };
}

const DROP_IN = "/etc/systemd/system/nova-spicehtml5proxy.service.d/openstack-spice.conf";

const platforms: readonly Platform[] = [
  rhelLike({
    name: "CentOS 7, Mitaka (modelled)",
    node: "h-el7",
    layer: "el7-like",
    nova: "13.1.4",
    build: "1:13.1.4-1.el7",
    client: "0.1.7-1.el7",
  }),
  rhelLike({
    name: "RHEL 9 and its likes, spice-html5 from elsewhere (modelled)",
    node: "h-el9",
    layer: "el9-like",
    nova: "27.2.0",
    build: "1:27.2.0-1.el9",
    client: "0.3.0-1.el9",
    prepare: "sed -i s/enabled=0/enabled=1/ /etc/yum.repos.d/copr.repo",
  }),
  {
    name: "Debian 12 (proven)",
    node: "h-debian12",
    layer: "proxy",
    nova: "26.2.2",
    packages: { "nova-consoleproxy": "2:26.2.2-1~deb12u5", "spice-html5": "0.3.0-2" },
    spice: "nova-spicehtml5proxy",
    novnc: "nova-novncproxy",
    reported: {
      before: [],
      after: [
        `change file${DROP_IN}: (none) -> written`,
        "change service/nova-spicehtml5proxy: disabled, inactive -> enabled, active",
      ],
      undone: [
        "change service/nova-spicehtml5proxy: enabled, active -> disabled, inactive",
        `change file${DROP_IN}: written -> (none)`,
      ],
    },
    alsoRetired: ["/etc/default/nova-consoleproxy:NOVA_CONSOLE_PROXY_TYPE", "novnc", "spicehtml5"],
    stderr: "",
  },
];

const outcomes: string[][] = [];

it("each platform that the README calls proven or modelled is run here, and called so, and no other", () => {
  const wanted = nodeTables().platforms.filter(({ proof }) => proof !== "from sources");
  expect(platforms.map(({ name }) => name.replace(/, .*(?= \()/, ""))).toEqual(
    wanted.map(({ name, proof }) => `${name} (${proof})`),
  );
});

describe.each(platforms)("$name", (platform) => {
  const { spice, novnc } = platform;
  const document = controllerDocument(platform.node);
  let node: LabNode;
  let before: Snapshot;
  let converged: Snapshot;

  /** The whole report of a run of the controller's role. */
  function report(reported: readonly string[]): string {
    return lines(
      ...reported,
      `nova ${platform.nova}`,
      ...Object.entries(platform.packages).map(([name, version]) => `package ${name} ${version}`),
      "firewall unmanaged",
      `changed ${reported.length}`,
    );
  }

  /** One step; that it passed is one cell of the table. */
  function step(title: string, prove: () => Promise<void>): void {
    it(title, async () => {
      await prove();
      outcomes[outcomes.length - 1]?.push("passed");
    });
  }

  beforeAll(async () => {
    outcomes.push([platform.name]);
    node = await LabNode.boot(platform.node, platform.layer);
    await node.read(platform.prepare ?? "true");
    await node.untilServes(6080, "/vnc_auto.html");
    before = await snapshot(node);
  });
  afterAll(async () => {
    await node.remove();
  });

  step(
    "gets the SPICE proxy, of the version of its Nova where it has to be installed, and its web client",
    async () => {
      const { status, stdout, stderr } = await converge(node, document, { user: "ops" });
      expect([status, stdout, stderr]).toEqual([
        0,
        report([
          ...platform.reported.before,
          "change spice/html5proxy_host: (unset) -> 0.0.0.0",
          "change spice/html5proxy_port: (unset) -> 6082",
          ...platform.reported.after,
        ]),
        platform.stderr,
      ]);
      expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
      converged = await snapshot(node);
      expect(converged.units).toEqual({ ...before.units, [`${spice}.service`]: "enabled active" });
    },
  );

  step("is left as it is by a second run", async () => {
    const { status, stdout, stderr } = await converge(node, document, { user: "ops" });
    expect([status, stdout, stderr]).toEqual([0, report([]), ""]);
    expect(await snapshot(node)).toEqual(converged);
  });

  step("has noVNC retired, and back", async () => {
    const service = ["enabled, active", "disabled, inactive"] as const;
    const [subject, ...type] = platform.alsoRetired ?? [];
    const changes = [[`service/${novnc}`, ...service], ...(subject === undefined ? [] : [[subject, ...type]])];
    const facts = [`nova ${platform.nova}`, `changed ${changes.length}`];
    const retired = await converge(node, retirementDocument(platform.node), { user: "ops" });
    expect(retired.stdout).toBe(
      lines(...changes.map(([what, from, to]) => `change ${what}: ${from} -> ${to}`), ...facts),
    );
    expect(await node.answers(6080, "/vnc_auto.html")).toBe(undefined);
    const reverted = await revert(node, "vnc-proxy-retirement", { user: "ops" });
    expect(reverted.stdout).toBe(
      lines(...changes.reverse().map(([what, from, to]) => `change ${what}: ${to} -> ${from}`), ...facts),
    );
    expect(await node.answers(6080, "/vnc_auto.html")).toBe(200);
  });

  step("is as before after the revert, but for the packages, which stay and run nothing", async () => {
    const { status, stdout, stderr } = await revert(node, "controller", { user: "ops" });
    expect([status, stdout, stderr]).toEqual([
      0,
      report([
        ...platform.reported.undone,
        "change spice/html5proxy_port: 6082 -> (unset)",
        "change spice/html5proxy_host: 0.0.0.0 -> (unset)",
      ]),
      "",
    ]);
    const after = await snapshot(node);
    expect(changedPaths(before, after)).toEqual({});
    expect(after.units).toEqual({ ...before.units, [`${spice}.service`]: "disabled inactive" });
    expect(after.own).toEqual([]);
  });
});

afterAll(() => {
  const others = nodeTables().platforms.filter(({ proof }) => proof === "from sources");
  const table = [
    [
      "platform (controllers; computes are compute.test.ts's, elCompute.test.ts's)",
      "converge",
      "changed 0",
      "noVNC off and on",
      "revert",
    ],
    ...outcomes,
    ...others.map(({ name = "" }) => [name, "not run: from sources"]),
  ];
  console.log(table.map((row) => row.join(" | ")).join("\n"));
});

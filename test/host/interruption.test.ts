import { beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually";
import type { Outcome } from "../support/lab";
import { nodeForTests } from "../support/nodeForTests";
import { OWNER, controllerDocument } from "./support/documents";
import { type At, testProgram, untilThere } from "./support/injection";
import { controllerReport, converge, lines, revert, setWayBack } from "./support/program";
import { type Snapshot, snapshot } from "./support/snapshot";

/** A run that is killed, cut off, or meets another one: the next run ends well, and a revert still finds the way back. */

/** The program is killed at a point, on a node where the timer that finishes killed runs is not set: the next run is to do it. */
const killed = (at: At) => testProgram({ at: [{ ...at, then: "kill" }], without: ["watchdog"] });
/** What a caller ends with whose run was killed. */
const KILLED = 1;
const KILLED_MESSAGE =
  "the run was killed on the node. What it changed is put back by the node itself within 40 s, or by the next run. Run again";
const INTERRUPTED = "an earlier run was interrupted; putting back what it had changed";

/** What a run reports on a node with noVNC. */
const forth = [
  "change spice/html5proxy_host: (unset) -> 0.0.0.0",
  "change spice/html5proxy_port: (unset) -> 6082",
  "change file/etc/systemd/system/nova-spicehtml5proxy.service.d/openstack-spice.conf: (none) -> written",
  "change service/nova-spicehtml5proxy: disabled, inactive -> enabled, active",
];

/** What is taken back of it, in the node's own log. */
const backAgain = [
  "service/nova-spicehtml5proxy: enabled, active -> disabled, inactive",
  "file/etc/systemd/system/nova-spicehtml5proxy.service.d/openstack-spice.conf: written -> (none)",
  "spice/html5proxy_port: 6082 -> (unset)",
  "spice/html5proxy_host: 0.0.0.0 -> (unset)",
];

describe("a run that is cut off", () => {
  const NAME = "h-interrupted";
  const document = controllerDocument(NAME);
  const say = (text: string) => `openstack-spice: ${NAME}: ${text}\n`;
  const node = nodeForTests(NAME, "proxy");
  let before: Snapshot;

  /** A snapshot for comparison; the process of noVNC is the same, that of SPICE is not. */
  const comparable = ({ processes, ...rest }: Snapshot) => ({ ...rest, novnc: processes["nova-novncproxy.service"] });

  beforeEach(async () => {
    await node.reset();
    before = await snapshot(node);
  });
  it("anywhere by kill -9 is put back by the next run, which ends well, and a revert gives every byte back", async () => {
    const points: readonly At[] = [
      { point: "journal", when: "after" }, // said, but not done
      { point: "replace-file", when: "before" }, // a working copy, not published
      { point: "replace-file", when: "after" }, // nova.conf is new, no service knows
      { point: "create-file", when: "after" }, // the drop-in is there, systemd has not read it
      { point: "set-unit", when: "before" },
      { point: "bring-up", when: "after" }, // runs, not verified
      { point: "undo", when: "after" }, // while the run before is put back, which comes first here
      { point: "verify", when: "after" }, // verified, not recorded
      { point: "remove-journal", when: "before" }, // recorded, and the journal still there
    ];
    for (const [index, point] of points.entries()) {
      const { status, stderr } = await converge(node, document, { program: killed(point) });
      expect([point, status, stderr.startsWith(say(INTERRUPTED))]).toEqual([point, KILLED, index > 0]);
      expect(stderr).toContain(KILLED_MESSAGE);
    }
    expect((await node.run("/usr/local/sbin/openstack-spice status", { user: "ops" })).stdout).toContain(
      "interrupted controller\n",
    );
    const { status, stdout, stderr } = await converge(node, document);
    expect(stderr.startsWith(say(INTERRUPTED))).toBe(true);
    expect([status, stdout]).toEqual([0, controllerReport(forth)]);
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
    expect((await revert(node, "controller")).status).toBe(0);
    expect(comparable(await snapshot(node))).toEqual(comparable(before));
  });

  it("while it reverts is finished by the next revert", async () => {
    expect((await converge(node, document)).status).toBe(0);
    await setWayBack(node, "controller", killed({ point: "transition", when: "after", count: 2 }));
    expect((await revert(node, "controller")).status).toBe(KILLED);
    await setWayBack(node, "controller");
    expect((await revert(node, "controller")).status).toBe(0);
    expect(comparable(await snapshot(node))).toEqual(comparable(before));
  });

  /** Two callers, of whom the first one's run is held until the other has said that it found it. */
  async function bothAtWork(first: string, second: string, found: string): Promise<readonly Outcome[]> {
    const program = testProgram({ at: [{ point: "bring-up", when: "before", run: untilThere("/run/go") }] });
    const onOutput = (text: string) => {
      if (text.includes(found)) {
        void node.run("touch /run/go");
      }
    };
    try {
      return await Promise.all([
        converge(node, first, { program, user: "ops", onOutput }),
        converge(node, second, { program, user: "root", onOutput }),
      ]);
    } finally {
      await node.read("rm -f /run/go");
    }
  }

  it("by a signal puts its changes back itself", async () => {
    const program = testProgram({ at: [{ point: "verify", when: "before", then: "terminate" }] });
    const { status, stdout, stderr } = await converge(node, document, { program });
    expect([status, stdout]).toEqual([143, lines(...forth)]);
    expect(stderr.endsWith(say("the node is as it was"))).toBe(true);
    expect(await snapshot(node)).toEqual(before);
  });

  it.each([
    ["", ":"],
    [" through a sudo that gives it a terminal of its own", "echo 'Defaults use_pty' >/etc/sudoers.d/pty"],
  ])("with its connection%s goes on to its end", async (_, prepare) => {
    await node.read(prepare);
    const connection = new AbortController();
    let progress = "";
    const outcome = await converge(node, document, {
      user: "ops",
      signal: connection.signal,
      onOutput: (text) => {
        progress += text;
        if (progress.includes("enabled, active")) {
          connection.abort();
        }
      },
    });
    expect(outcome.status).toBe(-1);
    // The next caller finds the run, and has its whole report.
    const { status, stdout, stderr } = await converge(node, document, { user: "ops" });
    expect([status, stdout]).toEqual([0, controllerReport(forth)]);
    expect(stderr).toBe(say("a run for the same desired state is at work on this node; following it"));
    expect((await converge(node, document, { user: "ops" })).stdout).toBe(controllerReport([]));
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
  });

  it("does not happen to two callers at the same time: for the same state they share a run", async () => {
    const following = "a run for the same desired state is at work on this node; following it";
    const outcomes = await bothAtWork(document, document, following);
    expect(outcomes.map(({ status, stdout }) => [status, stdout])).toEqual([
      [0, controllerReport(forth)],
      [0, controllerReport(forth)],
    ]);
    expect(outcomes.map(({ stderr }) => stderr).sort()).toEqual(["", say(following)]);
  });

  it("does not happen to two callers at the same time: for different states they take turns", async () => {
    const waiting = "another run is at work on this node; waiting up to 300 s for it";
    const outcomes = await bothAtWork(document, `${document}\n`, waiting);
    expect(outcomes.map(({ status }) => status)).toEqual([0, 0]);
    expect(outcomes.map(({ stdout }) => stdout.split("\n").at(-2)).sort()).toEqual(["changed 0", "changed 4"]);
    expect(outcomes.find(({ stdout }) => stdout.endsWith("changed 0\n"))?.stderr).toBe(say(waiting));
  });

  it("by kill -9, or all its processes with it, is put back by the node itself", async () => {
    const killings: readonly Pick<At, "run" | "then">[] = [
      { then: "kill" },
      { run: "systemctl kill --signal=KILL openstack-spice-controller.service" },
    ];
    for (const kill of killings) {
      const program = testProgram({ at: [{ point: "bring-up", when: "after", ...kill }] });
      const { stderr } = await converge(node, document, { program });
      expect(stderr).toContain(KILLED_MESSAGE);
      await eventually("the node has put all back", 45, async () => {
        const { status } = await node.run("test ! -e /var/lib/openstack-spice");
        return status === 0 || undefined;
      });
      expect(comparable(await snapshot(node))).toEqual(comparable(before));
      expect(await node.read("systemctl list-units --all --no-legend 'openstack-spice*watchdog.timer'")).toBe("");
      const log = await node.read("cat /var/log/openstack-spice.log");
      const changes = log.split("\n").slice(-9, -1);
      const line = (by: string, text: string) =>
        expect.stringMatching(
          new RegExp(
            `^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ ${NAME} controller converge by=${by} stack=${OWNER} program=${program.sha256}: ${text}$`,
          ),
        ) as string;
      const quoted = (text: string) => text.replace(/[().]/g, "\\$&");
      expect(changes).toEqual([
        ...forth.map((text) => line("root@198\\.18\\.0\\.1", quoted(text.slice("change ".length)))),
        ...backAgain.map((text) => line("watchdog", `undone: ${quoted(text)}`)),
      ]);
    }
  });

  it("while it reverts, is finished by the node itself", async () => {
    expect((await converge(node, document)).status).toBe(0);
    const program = testProgram({ at: [{ point: "transition", when: "after", count: 2, then: "kill" }] });
    await setWayBack(node, "controller", program);
    expect((await revert(node, "controller")).status).toBe(KILLED);
    await setWayBack(node, "controller");
    await eventually("the node has finished it", 45, async () => {
      const { status } = await node.run("test ! -e /var/lib/openstack-spice");
      return status === 0 || undefined;
    });
    expect(comparable(await snapshot(node))).toEqual(comparable(before));
  });

  it("by a reboot of the node puts its changes back before the node goes down", async () => {
    const program = testProgram({ at: [{ point: "verify", when: "before", then: "reboot" }] });
    const former = await node.read("cat /proc/sys/kernel/random/boot_id");
    await converge(node, document, { program });
    await eventually("the node is back", 90, async () => {
      const { status, stdout } = await node.run("cat /proc/sys/kernel/random/boot_id");
      return (status === 0 && stdout !== former) || undefined;
    });
    await node.untilServes(6080, "/vnc_lite.html");
    const { processes: _, ...after } = await snapshot(node);
    const { processes: __, ...rest } = before;
    expect(after).toEqual(rest);
    expect((await converge(node, document)).stdout).toBe(controllerReport(forth));
  });
});

describe("a run that another one waits for", () => {
  const NAME = "h-waited-for";
  const document = controllerDocument(NAME);
  const node = nodeForTests(NAME, "proxy");

  it("fails and takes its traces along, and the other one still ends with a record that its revert finds", async () => {
    const before = await snapshot(node);
    // Starts only when the file is gone; systemd gives up after three failures.
    const folder = "/run/systemd/system/nova-spicehtml5proxy.service.d";
    await node.read(
      `touch /run/broken; mkdir -p ${folder}; printf '[Service]\nExecStartPre=/usr/bin/test ! -e /run/broken\n' >${folder}/site.conf; systemctl daemon-reload`,
    );
    let second: Promise<Outcome> | undefined;
    let mended: Promise<string> | undefined;
    let reported = "";
    const first = await converge(node, document, {
      onOutput: (text) => {
        reported += text;
        if (reported.includes('"change"')) {
          second ??= converge(node, `${document}\n`, { user: "ops" });
        }
        if (reported.includes("putting back")) {
          mended ??= node.read("rm /run/broken");
        }
      },
    });
    expect(first.status).toBe(1);
    await mended;
    const other = await second;
    expect([other?.status, other?.stdout]).toEqual([0, controllerReport(forth)]);
    expect((await revert(node, "controller")).stdout.split("\n").at(-2)).toBe("changed 4");
    expect(await snapshot(node)).toEqual(before);
  });
});

describe("an installation that is cut off", () => {
  const NAME = "h-cut-install";
  const document = controllerDocument(NAME);
  const node = nodeForTests(NAME, "nova");
  let before: Snapshot;

  beforeEach(async () => {
    await node.reset();
    before = await snapshot(node);
  });
  it.each<[string, At["when"]]>([
    ["before it begins", "before"],
    ["while dpkg is at work, which goes on", "during"],
    ["when it has just ended", "after"],
  ])("%s, leaves the next run to end well, and no stray proxy", async (_, when) => {
    const program = killed({ point: "install-packages", when });
    expect((await converge(node, document, { program })).status).toBe(KILLED);
    const { status, stderr } = await converge(node, document);
    expect([status, stderr]).toEqual([0, expect.stringContaining(INTERRUPTED)]);
    expect((await snapshot(node)).units).toEqual({
      ...before.units,
      "nova-novncproxy.service": "disabled inactive",
      "nova-serialproxy.service": "disabled inactive",
      "nova-spicehtml5proxy.service": "enabled active",
    });
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
    expect((await revert(node, "controller")).status).toBe(0);
    const after = await snapshot(node);
    expect(after.etc["/etc/nova/nova.conf"]).toBe(before.etc["/etc/nova/nova.conf"]);
    expect(after.units["nova-spicehtml5proxy.service"]).toBe("disabled inactive");
    await eventually(
      "no job is left",
      30,
      async () => (await node.read("systemctl list-jobs --no-legend")) === "" || undefined,
    );
  });
});

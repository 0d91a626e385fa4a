import { beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../support/eventually";
import type { Outcome } from "../../support/lab";
import { nodeForTests } from "../../support/nodeForTests";
import { controllerDocument } from "../support/documents";
import { testProgram } from "../support/injection";
import { converge, lines, ownCommand, revert, setWayBack } from "../support/program";
import { type Snapshot, snapshot } from "../support/snapshot";

/**
 * Whatever cannot be read, written or run at the worst moment, no byte of the node's is lost, and the exit status says so: rows D1 to D11 of the trial
 * (CONTRIBUTING.md). The order of writes, and each write that fails by its number, are test/node/'s.
 */

const NAME = "t-lost";
const CONF = "/etc/nova/nova.conf";
const STATE = "/var/lib/openstack-spice";
const RECORD = `${STATE}/roles/controller/record`;
const UNIT = "openstack-spice-proxy-port";
const RULES = `/etc/${UNIT}`;
const LAUNCHER = "/usr/local/sbin/openstack-spice";
const POINTS = "/run/openstack-spice-points";
const document = controllerDocument(NAME, { allowedSources: ["203.0.113.0/24"], dropOtherSources: true });
const WRITTEN_AGAIN = `openstack-spice: ${NAME}: what puts this node back is damaged: it is written again\n`;
const error = (text: string) => `openstack-spice: error: ${NAME}: ${text}\n`;

describe("a controller whose every byte counts", () => {
  const node = nodeForTests(NAME, "proxy");
  let before: Snapshot;
  let first: Outcome;
  /** What a run wrote to the file system, in its order: `KIND SUBJECT`. */
  let operations: readonly string[];

  beforeAll(async () => {
    await node.read(
      `ln ${CONF} /etc/nova/another-name
       echo operator >${CONF}.openstack-spice.backup; echo operator >${CONF}.openstack-spice.0a1b2c3d4e5f`,
    );
    before = await snapshot(node);
    first = await converge(node, document, { program: testProgram({ numbered: { number: 0 } }) });
    const list = await node.read(`cat ${POINTS} && rm ${POINTS}`);
    operations = list
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(line.indexOf(" ") + 1));
  });
  /** All that a way back needs, and nova.conf. */
  const kept = async () =>
    await node.read(`sha256sum ${CONF} ${RECORD} ${LAUNCHER} ${RULES} ${STATE}/roles/controller/program`);
  /** Makes the node so, runs `test`, checks that nothing of it changed, and takes the spoiling back. */
  async function keeps(spoil: string, mend: string, test: () => Promise<void>): Promise<void> {
    const former = await kept();
    await node.read(spoil);
    try {
      await test();
    } catch (failure) {
      // What was lost may not be mended either.
      await node.run(mend);
      throw failure;
    }
    await node.read(mend);
    expect(await kept()).toBe(former);
  }

  it("converges, and says that nova.conf's other name keeps the former bytes (D11)", async () => {
    expect([first.status, first.stderr]).toEqual([
      0,
      `openstack-spice: ${NAME}: ${CONF} has 2 names (hard links): the others keep the former bytes. Make them symbolic links\n`,
    ]);
    expect((await node.read(`cmp ${CONF} /etc/nova/another-name || :`)).startsWith(CONF)).toBe(true);
  });

  it("has every file synced before its rename and the folder after it; journal, changes, record, the journal's removal in this order (D7)", () => {
    const renamed = operations.flatMap((operation, at) => (operation.startsWith("rename ") ? [at] : []));
    const files = new Set(renamed.map((at) => operations[at]?.slice("rename ".length)));
    for (const file of [CONF, RECORD, RULES, LAUNCHER, `/etc/systemd/system/${UNIT}.service`]) {
      expect(files).toContain(file);
    }
    for (const at of renamed) {
      const file = operations[at]?.slice("rename ".length) ?? "";
      // The folder's sync has the file's name too.
      const isLink = operations[at - 1]?.startsWith("symlink ") === true;
      const around = operations
        .slice(at - (isLink ? 1 : 2), at + 2)
        .filter((operation) => operation.endsWith(` ${file}`));
      expect(around.map((operation) => operation.split(" ")[0])).toEqual(
        isLink ? ["symlink", "rename", "sync"] : ["sync", "rename", "sync"],
      );
    }
    const place = (operation: string) => operations.lastIndexOf(operation);
    const order = [
      place(`sync ${STATE}/roles/controller/program`),
      operations.indexOf(`sync ${STATE}/roles/controller/journal`),
      place(`rename ${CONF}`),
      place(`rename ${RECORD}`),
      place(`unlink ${STATE}/roles/controller/journal`),
    ];
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((one, other) => one - other));
  });

  it.each([
    ["a revert", 700],
    ["a converge", 1180],
    ["a revert", 0],
  ])(
    "%s in a /run that has %d KiB left is refused by that file system's name, and publishes nothing (D1, D2)",
    async (run, room) => {
      const size = `mount -o remount,size=$(($(df -k --output=used /run | tail -n 1) + ${Math.max(room, 64)}))k /run`;
      await keeps(
        `${size}; ${room === 0 ? "cat /dev/zero >/run/full 2>/dev/null || :" : ""}`,
        "rm -f /run/full; mount -o remount,size=1g /run",
        async () => {
          const changed = controllerDocument(NAME, { allowedOrigins: ["a.example.org"] });
          const bytes = await node.read(`stat -c %s ${CONF}`);
          const { status, stdout, stderr } = await (run === "a revert"
            ? revert(node, "controller")
            : converge(node, changed));
          expect([status, stdout, await node.read(`stat -c %s ${CONF}`)]).toEqual([
            run === "a revert" ? 1 : 3,
            "",
            bytes,
          ]);
          expect(stderr.replace(/controller\.[0-9a-f]+/, "RUN").replace(/\d+ KiB/, "N KiB")).toBe(
            room === 0
              ? error(
                  "/run/openstack-spice/RUN/request cannot be written (No space left on device). Make room or make it writable, and run again",
                )
              : error("only N KiB are free in /run, 16384 are needed. Make room, and run again"),
          );
        },
      );
    },
  );

  it("a revert that is killed where it publishes nova.conf leaves one of its two texts, and keeps the record (D3)", async () => {
    const converged = await node.read(`cat ${CONF}`);
    const record = await node.read(`cat ${RECORD}`);
    for (const when of ["before", "after"] as const) {
      const killed = testProgram({ at: [{ point: "publish-nova-conf", when, then: "kill" }], without: ["watchdog"] });
      await setWayBack(node, "controller", killed);
      const { status, stdout, stderr } = await revert(node, "controller");
      // Its report has no end mark, and is not passed on.
      expect([status, stdout, stderr.split("\n").slice(-2).join("\n")]).toEqual([
        1,
        "",
        error(
          "the run was killed on the node. What it changed is put back by the node itself within 40 s, or by the next run. Run again",
        ),
      ]);
      const original = await node.read("cat /etc/nova/another-name");
      expect(await node.read(`cat ${CONF}`)).toBe(when === "before" ? converged : original);
      expect(await node.read(`cat ${RECORD}`)).toBe(record);
    }
    expect((await converge(node, document)).status).toBe(0);
    expect(await node.read(`cat ${CONF}`)).toBe(converged);
  });

  it.each([
    ["the record, by a disk error", `ln -s /proc/self/mem ${RECORD}`, `/proc/N/mem: Input/output error`],
    ["the record, which is no file", `mkfifo ${RECORD}`, `${RECORD}: it is no regular file`],
    ["the roles' folder, which is none", `mv ${STATE}/roles ${STATE}/away; touch ${STATE}/roles`, ""],
  ])("a revert or a status that cannot read %s fails, and deletes nothing (D4, D5)", async (_, spoil, reason) => {
    const aside = `mv ${RECORD} /root/record; ${spoil}`;
    const mend = `[ ! -d ${STATE}/away ] || { rm -f ${STATE}/roles; mv ${STATE}/away ${STATE}/roles; }; rm -f ${RECORD}; mv /root/record ${RECORD}`;
    await keeps(aside, mend, async () => {
      for (const outcome of [await revert(node, "controller"), await node.run("openstack-spice status")]) {
        expect(outcome.status).not.toBe(0);
        expect(outcome.stdout.includes("changed")).toBe(false);
        if (reason !== "") {
          expect(outcome.stderr.replace(/\/proc\/\d+/, "/proc/N")).toBe(
            error(`the node does not report ${reason}. Mend that, and run again`),
          );
        }
      }
    });
  });

  it("a run while every listing by ls fails deletes nothing (D5)", async () => {
    const spoil = "printf '#!/bin/sh\\nexit 2\\n' >/usr/local/sbin/ls && chmod +x /usr/local/sbin/ls";
    await keeps(spoil, "rm /usr/local/sbin/ls", async () => {
      expect((await node.run("openstack-spice status")).status).toBe(0);
    });
  });

  it.each([
    ["the kept program is empty", "$P", ': >"$P"', "PROGRAM is damaged"],
    ["the kept program has one byte more", "$P", 'echo >>"$P"', "PROGRAM is damaged"],
    ["the kept program has one byte that differs", "$P", `sed -i '$s/./X/' "$P"`, "PROGRAM is damaged"],
    ["the kept program is gone", "$P", 'rm "$P"', "PROGRAM is gone"],
  ])("a revert where %s fails, and says so (D8)", async (_, file, spoil, message) => {
    const program = `P=$(readlink ${STATE}/roles/controller/program)`;
    await keeps(`${program}; cp -p ${file} /root/intact; ${spoil}`, `${program}; mv /root/intact ${file}`, async () => {
      const { status, stdout, stderr } = await revert(node, "controller");
      expect([status, stdout, stderr.replace(/\/var\/\S+\.sh/, "PROGRAM")]).toEqual([
        1,
        "",
        `openstack-spice: error: ${message}. Put it back, or restore by hand from ${STATE}/roles\n`,
      ]);
    });
  });

  it.each([
    ["is empty", `: >${LAUNCHER}`],
    ["is cut off", `sed -i '$d' ${LAUNCHER}`],
    ["is gone", `rm ${LAUNCHER}`],
  ])("a revert where the launcher %s fails (D8)", async (_, spoil) => {
    await keeps(`cp -p ${LAUNCHER} /root/intact; ${spoil}`, `mv /root/intact ${LAUNCHER}`, async () => {
      const { status, stdout } = await revert(node, "controller");
      // Where it is gone, the state folder is named, which is there.
      expect([status === 0, stdout.replace("openstack-spice\n", "")]).toEqual([false, ""]);
    });
  });

  it.each([
    ["the launcher is empty", `: >${LAUNCHER}`],
    ["the launcher is gone", `rm ${LAUNCHER}`],
    ["nobody may run the launcher", `chmod 0644 ${LAUNCHER}`],
    // This the bootstrap does itself, before the program starts.
    ["the kept program is empty", `: >$(readlink ${STATE}/roles/controller/program)`, ""],
    ["the link to the kept program is gone", `rm ${STATE}/roles/controller/program`],
  ])(
    "a converge puts the way back right where %s, though nothing else changes (D8)",
    async (_, spoil, said = WRITTEN_AGAIN) => {
      const former = await kept();
      await node.read(spoil);
      const { status, stdout, stderr } = await converge(node, document);
      expect([status, stdout.trimEnd().split("\n").at(-1), stderr]).toEqual([0, "changed 0", said]);
      // The record names the program that wrote it last; the first one was the test's build.
      const paths = (text: string) => text.replace(/^\S+ +\S+\/(record|program)$/gm, "");
      expect(paths(await kept())).toBe(paths(former));
      expect(await node.read(`stat -c '%a %U' ${LAUNCHER}; ${LAUNCHER} status | head -n 1`)).toMatch(/^755 root\n\S/);
    },
  );

  it.each([
    [
      "a kind of change",
      `s/"section"/"a-kind-to-come"/;s/"option"/"a-kind-to-come"/`,
      `${RECORD} has kinds of change that this version does not know (a-kind-to-come). Use the version that wrote it`,
    ],
    [
      "a format",
      `s/"format": 2/"format": 3/`,
      `${RECORD} is not a record of format 2: it is damaged, or written by another version. Use the version that wrote it, or restore the node by hand from that file`,
    ],
  ])(
    "a record with %s that this version does not know is refused by revert, converge and status, and kept (D10)",
    async (_, edit, message) => {
      await keeps(`cp -p ${RECORD} /root/record; sed -i '${edit}' ${RECORD}`, `mv /root/record ${RECORD}`, async () => {
        const refused = { stdout: "", stderr: error(message) };
        expect(await revert(node, "controller")).toEqual({ status: 1, ...refused });
        expect(await converge(node, document)).toEqual({ status: 3, ...refused });
        expect(await ownCommand(node, "status")).toEqual({ status: 3, ...refused });
      });
    },
  );

  it("a journal with a kind of change that this version does not know is refused, and kept (D10)", async () => {
    const journal = `${STATE}/roles/controller/journal`;
    const line = '["a-kind-to-come", "/etc/x", "-", "-", "="]';
    await keeps(`echo '${line}' >${journal}`, `rm ${journal}`, async () => {
      const message = `${journal} has kinds of change that this version does not know (a-kind-to-come). Use the version that wrote it`;
      const refused = { stdout: "", stderr: error(message) };
      expect(await converge(node, document)).toEqual({ status: 3, ...refused });
      expect(await revert(node, "controller")).toEqual({ status: 1, ...refused });
      expect(await node.read(`cat ${journal}`)).toBe(`${line}\n`);
    });
  });

  it("a boot with an empty file of rules leaves the port closed to all and the unit failed; the next converge closes it as declared (D9)", async () => {
    await node.read(`: >${RULES}`);
    await node.reboot();
    const state = `systemctl show -p ActiveState --value ${UNIT}`;
    await node.until("ss -Hltn | grep -q ':6082 '", 60);
    expect([(await node.read(state)).trim(), await node.answers(6082, "/spice_auto.html")]).toEqual([
      "failed",
      undefined,
    ]);
    expect(await node.read("curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:6082/spice_auto.html")).toBe("200");
    const { status, stdout } = await converge(node, document);
    expect([status, stdout.split("\n").at(-2)]).toEqual([0, "changed 1"]);
    expect((await node.read(state)).trim()).toBe("active");
    expect(await node.answers(6082, "/spice_auto.html")).toBe(undefined);
  });

  it("is as it was after the revert, byte for byte, with the operator's own files beside nova.conf (D6)", async () => {
    const { status, stderr } = await revert(node, "controller");
    expect([status, stderr]).toEqual([0, lines()]);
    const { processes: _, ...after } = await snapshot(node);
    const { processes: __, ...former } = before;
    expect(after).toEqual(former);
    expect(await node.read(`cat ${CONF}.openstack-spice.backup ${CONF}.openstack-spice.0a1b2c3d4e5f`)).toBe(
      "operator\noperator\n",
    );
    await eventually("nothing of the program is left", 10, async () =>
      (await node.run(`! ls -d ${STATE} ${LAUNCHER} 2>/dev/null`)).status === 0 ? true : undefined,
    );
  });
});

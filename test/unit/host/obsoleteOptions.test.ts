import { describe, expect, it } from "vitest";
import { novaOptions, optionKey, releasesReading, Role } from "../../../nova";
import { type ObsoleteOptionsStep, nodeFunction, runsHere } from "../../support/nodeFunctions";

/** The rows of the program's table: role, option, first release, the option beside it. */
const rows = runsHere ? nodeFunction("obsolete-options/table", {}) : [];

describe.skipIf(!runsHere)("the table of obsolete options", () => {
  it("has every option that went, for the role that read it, from the release without it at the latest", () => {
    expect(rows.length).toBe(21);
    const gone = novaOptions.flatMap((option) =>
      [Role.Controller, Role.Compute].flatMap((role) =>
        option.until === undefined || releasesReading(role, option) === undefined
          ? []
          : [{ role, key: optionKey(option), last: option.until }],
      ),
    );
    expect(gone.map(({ key }) => key)).toEqual([
      "workarounds/enable_consoleauth",
      "libvirt/use_usb_tablet",
      "vnc/keymap",
      "spice/keymap",
    ]);
    for (const { role, key, last } of gone) {
      const reader: string = role;
      const since = rows.filter((row) => row.role === reader && row.key === key).map((row) => row.since);
      expect([key, since.length, Math.max(...since) <= last + 1]).toEqual([key, 1, true]);
    }
  });

  it("has every older name of an option beside its present one", () => {
    const older = novaOptions.flatMap((option) =>
      option.olderName === undefined ? [] : [`${optionKey(option.olderName)} ${optionKey(option)}`],
    );
    const told = rows.filter(({ beside }) => beside !== "-").map(({ key, beside }) => `${key} ${beside}`);
    expect(older.filter((pair) => !told.includes(pair))).toEqual([]);
  });

  it("has no option that a release still reads without another beside it, but for keymaps that are deprecated", () => {
    const alive = rows.filter(({ key, since, beside }) => {
      const option = novaOptions.find((one) => optionKey(one) === key);
      const last: number = option?.until ?? 99;
      return beside === "-" && option !== undefined && last >= since;
    });
    expect(alive.map(({ key, since }) => `${key} ${since}`)).toEqual(["spice/keymap 18", "vnc/keymap 18"]);
  });
});

const conf = `[DEFAULT]
vnc_enabled = True
#keymap = of another section
[spice]
# keymap in words
keymap = de
enabled = true
keymap: fr
  be
[vnc]
keymap = ch`;

describe.skipIf(!runsHere)("obsolete options of a nova.conf (needs Python 3.6 here)", () => {
  const told = (release: number, declared: Readonly<Record<string, string>> = {}, text = conf) =>
    nodeFunction("obsolete-options/told", { release, declared, conf: text });

  it("are told by release, and beside what makes them dead", () => {
    const keymaps = ["spice/keymap", "vnc/keymap"].map(
      (key) => `${key} spoils other keyboards than its own, and gone in 22.0.0`,
    );
    expect(told(17)).toEqual([]);
    expect(told(18)).toEqual(keymaps);
    const alias = "DEFAULT/vnc_enabled [vnc] enabled stands beside it, and wins";
    expect(told(26, {}, conf.replace("[vnc]", "[vnc]\nenabled = false"))).toEqual([alias, ...keymaps]);
    expect(told(26, { "vnc/enabled": "true" })).toEqual([alias, ...keymaps]);
    expect(told(21, { "spice/keymap": "de" })).toEqual([keymaps[1]]);
  });

  it("become comments, each definition where it stands, and keys again, byte for byte", () => {
    const mark = "#openstack-spice# spice/keymap# ";
    const commented = conf
      .replace("keymap = de", `${mark}keymap = de`)
      .replace("keymap: fr\n  be", `${mark}keymap: fr\n${mark}  be`);
    expect(nodeFunction("obsolete-options/there-and-back", { conf })).toEqual({
      states: ["key", "comment", "key"],
      stateOfAbsent: "-",
      commented,
      after: conf,
    });
  });
});

describe.skipIf(!runsHere)("obsolete options in a run (needs Python 3.6 here)", () => {
  const run = (...steps: readonly ObsoleteOptionsStep[]) => nodeFunction("obsolete-options/runs", { conf, steps });
  const remove: ObsoleteOptionsStep = { do: "converge", obsoleteOptions: "remove" };
  const leave: ObsoleteOptionsStep = { do: "converge", obsoleteOptions: "" };
  const revert: ObsoleteOptionsStep = { do: "revert" };
  const told = [
    "change vnc/enabled: (unset) -> true",
    "change DEFAULT/vnc_enabled: True -> a comment",
    "change spice/keymap: fr be -> a comment",
    "change vnc/keymap: ch -> a comment",
  ];

  it("are made comments once, and every byte comes back at an undo", () => {
    const [first, second, undone] = run(remove, remove, revert);
    expect(first).toMatchObject({ told, restarts: ["nova-compute"], asPlanned: true });
    expect(second).toMatchObject({ told: [], restarts: [], asPlanned: true });
    expect(first?.conf).toContain("#openstack-spice# DEFAULT/vnc_enabled# vnc_enabled = True\n");
    expect(undone).toMatchObject({ kept: [], conf });
  });

  it("are keys again, and no longer recorded, where that is no longer asked for", () => {
    const [, second, undone] = run(remove, leave, revert);
    const again = told.slice(1).map((line) => line.replace(/: .*/, ": a comment -> a key again"));
    expect(second).toMatchObject({
      told: again,
      restarts: ["nova-compute"],
      recordedObsoleteOptions: 0,
      asPlanned: true,
    });
    expect(second?.conf).toBe(conf.replace("keymap = ch", "enabled = true\nkeymap = ch"));
    expect(undone?.conf).toBe(conf);
  });

  it("that somebody wrote anew meanwhile are left as that is, and their comments too", () => {
    const [, , undone] = run(remove, { do: "edit", withoutLinesOf: "vnc_enabled" }, revert);
    expect(undone?.kept).toContain("DEFAULT/vnc_enabled");
    expect(undone?.conf).toBe(conf.replace("vnc_enabled = True\n", ""));
  });
});

describe.skipIf(!runsHere)("TLS to the guests (needs Python 3.6 here)", () => {
  it.each([
    ["false", "", 0],
    ["true", "spice_tls = 1\n", 0],
    ["true", "spice_listen = 1\n  spice_tls=1 # on\n", 0],
    ["true", "#spice_tls = 1\n", 3],
    ["true", "spice_tls = 0\n", 3],
    ["true", "spice_tls_x509_cert_dir = 1\n", 3],
    ["true", "", 3],
  ])("require_secure = %s with qemu.conf %j ends with %d", (value, qemuConf, status) => {
    const outcome = nodeFunction("secure-channels/check", { value, qemuConf });
    const refused = outcome?.message.includes("has no 'spice_tls = 1': libvirt would start no guest") ?? false;
    expect([outcome?.status ?? 0, refused]).toEqual([status, status === 3]);
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { novaOptions, optionKey, releasesReading, Role } from "../../../nova";
import { bash42, runInBash } from "./support";

/** The rows of the program's table: role, option, first release, the option beside it. */
const rows = [
  ...readFileSync(join(__dirname, "../../../host/program/41-dead-keys.sh"), "utf8").matchAll(
    /^(controller|compute) (\S+\/\S+) (\d+) (\S+) \S/gm,
  ),
].map(([, role, key, since, beside]) => ({ role, key, since: Number(since), beside }));

describe("the table of dead keys", () => {
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
      const since = rows.filter((row) => row.role === role && row.key === key).map((row) => row.since);
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

describe.skipIf(!bash42)("dead keys of a nova.conf (needs bash 4.2 here)", () => {
  const script = (release: number, more: string) => `
    ROLE=compute VERB=converge
    nova_version() { echo ${release}.0.0; }
    note_write() { :; }
    ${more}`;
  const told = (release: number, more = "dead_keys", text = conf) => {
    const { status, stdout, stderr } = runInBash(script(release, more), { "nova.conf": text });
    expect([status, stderr]).toEqual([0, ""]);
    return stdout.split("\n").slice(0, -1);
  };

  it("are told by release, and beside what makes them dead", () => {
    const keymaps = ["spice/keymap", "vnc/keymap"].map(
      (key) => `${key} spoils other keyboards than its own, and gone in 22.0.0`,
    );
    expect(told(17)).toEqual([]);
    expect(told(18)).toEqual(keymaps);
    const alias = "DEFAULT/vnc_enabled [vnc] enabled stands beside it, and wins";
    expect(told(26, "dead_keys", conf.replace("[vnc]", "[vnc]\nenabled = false"))).toEqual([alias, ...keymaps]);
    expect(told(26, "VALUE[vnc/enabled]=true; dead_keys")).toEqual([alias, ...keymaps]);
    expect(told(21, "VALUE[spice/keymap]=de; dead_keys")).toEqual([keymaps[1]]);
  });

  it("become comments, each definition where it stands, and keys again, byte for byte", () => {
    const mark = "#openstack-spice# spice/keymap# ";
    const commented = conf
      .replace("keymap = de", `${mark}keymap = de`)
      .replace("keymap: fr\n  be", `${mark}keymap: fr\n${mark}  be`);
    const { status, stdout, stderr, files } = runInBash(
      script(
        26,
        `dead_key_state "$NOVA_CONF" spice/keymap
         set_dead_key "$NOVA_CONF" spice/keymap comment; dead_key_state "$NOVA_CONF" spice/keymap; publish_files; cp nova.conf commented
         set_dead_key "$NOVA_CONF" spice/keymap key; dead_key_state "$NOVA_CONF" spice/keymap; publish_files
         dead_key_state "$NOVA_CONF" libvirt/use_usb_tablet`,
      ),
      { "nova.conf": conf },
    );
    expect([status, stdout, stderr]).toEqual([0, "key\ncomment\nkey\n-\n", ""]);
    expect(files["commented"]).toBe(commented);
    expect(files["nova.conf"]).toBe(conf);
  });
});

describe.skipIf(!bash42)("dead keys in a run (needs bash 4.2 here)", () => {
  /** A transaction as `converge` has it, without services; `run` prints its changes, and `kept` what an undo leaves. */
  const run = (more: string) =>
    runInBash(
      `arm_dead_man() { :; }
       disarm_dead_man() { :; }
       logger() { :; }
       nova_version() { echo 26.2.2; }
       ROLE=compute VERB=converge
       OPTIONS=(vnc/enabled) VALUE[vnc/enabled]=true
       run() {
         DESIRED[dead-keys]=$1 PLAN=() PLAN_TEXT=()
         plan_options
         plan_dead_keys
         copy_planned_conf
         open_journal
         apply_plan 2>/dev/null
         units_to_restart_after=$(COMPUTE_UNIT=nova-compute units_to_restart)
         commit
         [[ ! -f $WORK/planned ]] || cmp -s "$WORK/planned" nova.conf || echo 'not as planned'
         echo "restart: $units_to_restart_after"
       }
       back() { undo "$(record_file compute)" 2>/dev/null; printf 'kept %s\n' "\${KEPT[@]-}"; }
       ${more}`,
      { "nova.conf": conf },
    );
  const told = [
    "change vnc/enabled: (unset) -> true",
    "change DEFAULT/vnc_enabled: True -> a comment",
    "change spice/keymap: fr be -> a comment",
    "change vnc/keymap: ch -> a comment",
  ];

  it("are made comments once, and every byte comes back at an undo", () => {
    const { status, stdout, stderr, files } = run("run remove; cat nova.conf >after; run remove; back");
    expect([status, stdout.split("\n"), stderr]).toEqual([
      0,
      [...told, "restart: nova-compute", "restart: ", "kept ", ""],
      "",
    ]);
    expect(files["after"]).toContain("#openstack-spice# DEFAULT/vnc_enabled# vnc_enabled = True\n");
    expect(files["nova.conf"]).toBe(conf);
  });

  it("are keys again, and no longer recorded, where that is no longer asked for", () => {
    const { stdout, files } = run("run remove >/dev/null; run ''; cat nova.conf >after; read_record compute; back");
    const again = told.slice(1).map((line) => line.replace(/: .*/, ": a comment -> a key again"));
    expect(stdout.split("\n").slice(0, 4)).toEqual([...again, "restart: nova-compute"]);
    expect(stdout).not.toContain("dead-key");
    expect(files["after"]).toBe(conf.replace("keymap = ch", "enabled = true\nkeymap = ch"));
    expect(files["nova.conf"]).toBe(conf);
  });

  it("that somebody wrote anew meanwhile are left as that is, and their comments too", () => {
    const { stdout, files } = run("run remove >/dev/null; sed -i '/vnc_enabled/d' nova.conf; back");
    expect(stdout).toContain("kept DEFAULT/vnc_enabled\n");
    expect(files["nova.conf"]).toBe(conf.replace("vnc_enabled = True\n", ""));
  });
});

describe.skipIf(!bash42)("TLS to the guests (needs bash 4.2 here)", () => {
  const check = (value: string, qemuConf: string) =>
    runInBash(`VALUE[spice/require_secure]=${value}; check_secure_channels qemu.conf`, { "qemu.conf": qemuConf });

  it.each([
    ["false", "", 0],
    ["true", "spice_tls = 1\n", 0],
    ["true", "spice_listen = 1\n  spice_tls=1 # on\n", 0],
    ["true", "#spice_tls = 1\n", 3],
    ["true", "spice_tls = 0\n", 3],
    ["true", "spice_tls_x509_cert_dir = 1\n", 3],
    ["true", "", 3],
  ])("require_secure = %s with qemu.conf %j ends with %d", (value, qemuConf, status) => {
    const outcome = check(value, qemuConf);
    expect([outcome.status, outcome.stderr.includes("has no 'spice_tls = 1': libvirt would start no guest")]).toEqual([
      status,
      status === 3,
    ]);
  });
});

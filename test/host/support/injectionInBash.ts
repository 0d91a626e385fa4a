import { createHash } from "node:crypto";
import { type HostProgram, hostProgram } from "../../../remote/program";
import { shellQuote } from "../../../remote/shell";
import type { At, Faults, Limit, Part, Point, Then } from "./injection";

/** The program's functions at the points that are a function's begin or end. */
const functions: Readonly<Record<Exclude<Point, keyof typeof special>, string>> = {
  converge: "converge",
  checks: "run_checks",
  "check-managers": "check_managers",
  "check-plan": "check_plan",
  "open-journal": "open_journal",
  "write-launcher": "write_launcher",
  change: "change",
  journal: "journal",
  transition: "transition",
  "replace-file": "replace_file",
  "create-file": "create_file",
  "set-unit": "set_unit",
  "bring-up": "bring_up",
  "remove-packages": "apt_remove",
  "ports-unit-text": "ports_unit_text",
  verify: "verify",
  "verify-page": "verify_page",
  commit: "commit",
  record: "merged_record",
  "disarm-watchdog": "disarm_dead_man",
  undo: "undo",
};

/** The other points. */
const special = {
  "publish-nova-conf": (_at: At, action: string) =>
    `mv() { [[ $* != *nova.conf.openstack-spice.* ]] || { ${action}; }; command mv "$@"; }`,
  // The first thing that `commit` removes is the journal.
  "remove-journal": (_at: At, action: string) => around("commit", "before", 1, `rm() { ${action}; }`),
  // What is called bounded, and is the installation itself, not its rehearsal.
  "install-packages": ({ when }: At, action: string) => {
    const installs = 'installs() { [[ " $* " == *" apt-get "*" -y "*" install "* && " $* " != *" -s "* ]]; }';
    const bounded = {
      before: `! installs "$@" || { ${action}; }; timeout "$@"`,
      during: `installs "$@" || { timeout "$@"; return; }
        timeout "$@" &
        until pgrep -x dpkg >/dev/null; do sleep 0.02; done
        ${action}`,
      after: `timeout "$@" || return; ! installs "$@" || { ${action}; }`,
    };
    return `${installs}\nbounded() { ${bounded[when]}; }`;
  },
} satisfies Partial<Record<Point, (at: At, action: string) => string>>;

/** All points. */
export const points = [...Object.keys(functions), ...Object.keys(special)] as readonly Point[];

/** What becomes of the program. The part of it that this runs in may be another process. */
const ends: Readonly<Record<Then, string>> = {
  kill: "kill -KILL $$ $BASHPID",
  terminate: "kill -TERM $$",
  end: "echo passed; exit 0",
  // A signal ends `wait` at once.
  reboot: "systemctl --no-block reboot; sleep 60 & wait $!",
  "set its seconds back": "SECONDS=-100000",
  "set the clock back":
    "LD_PRELOAD=$(ls /usr/lib/*/faketime/libfaketime.so.1) FAKETIME=-1d; export LD_PRELOAD FAKETIME; [[ $(date +%s) -lt $EPOCHSECONDS ]]",
};

const without: Readonly<Record<Part, string>> = {
  watchdog: "arm_dead_man() { :; }",
  layers: "check_layers() { :; }",
};

/** The list of what is written, as far as it is done by commands. A new file beside an old one has the old one's name there, as in the program in Python. */
const LISTED = `listed() { printf '0 %s %s\\n' "$1" "\${2%.openstack-spice.??????}" 2>/dev/null >>/run/openstack-spice-points || :; }
sync() { command sync "$@" && listed sync "\${*: -1}"; }
mv() { command mv "$@" && listed rename "\${*: -1}"; }
ln() { command ln "$@" && listed symlink "\${*: -1}"; }
rm() { command rm "$@" && listed unlink "\${*: -1}"; }`;

/** The program in bash in which that happens. */
export function bashTestProgram({ at = [], limits = {}, without: parts = [], ...others }: Faults): HostProgram {
  const { numbered, ...inPythonOnly } = others;
  if (Object.keys(inPythonOnly).length > 0) {
    throw new Error(`the program in bash cannot do this: ${Object.keys(inPythonOnly).join(", ")}`);
  }
  if (numbered !== undefined && (numbered.number !== 0 || numbered.fault !== undefined)) {
    throw new Error("the program in bash has no numbered points");
  }
  const code = [
    ...parts.map((part) => without[part]),
    ...(numbered === undefined ? [] : [LISTED]),
    ...at.map(injected),
  ].join("\n");
  const call = '\nmain "$@"\n';
  let { text } = hostProgram("bash");
  if (!text.endsWith(call)) {
    throw new Error(`the program does not end with ${call}`);
  }
  text = `${text.slice(0, -call.length)}\n${code || ":"}${call}`;
  for (const [name, seconds] of Object.entries(limits)) {
    const changed = text.replace(limitIn(name as Limit), `$1${seconds}`);
    if (changed === text) {
      throw new Error(`the program has no limit ${name} other than ${seconds}`);
    }
    text = changed;
  }
  return { text, sha256: createHash("sha256").update(text).digest("hex") };
}

/** Where the program has a limit: what is before its seconds, and those. */
function limitIn(name: Limit): RegExp {
  return name === "virshWait"
    ? /(^virsh_read\(\) \{ bounded )\d+/m
    : new RegExp(`(^(?:readonly )?${name.replace(/[A-Z]/g, "_$&").toUpperCase()}=)\\d+$`, "m");
}

/** Shell text, after the program's functions, for one thing that happens. */
function injected(at: At, index: number): string {
  const { point, when, count = 1, verb, run, then } = at;
  const variables = `VERB=$VERB PROGRAM_PID=$$${point === "bring-up" ? ' UNIT="${2-}"' : ""}`;
  const action = [
    ...(run === undefined ? [] : [`${variables} bash -c ${shellQuote(run)} </dev/null >/dev/null || :`]),
    ...(then === undefined ? [] : [ends[then]]),
  ].join("; ");
  const conditional = verb === undefined ? action : `[[ $VERB != ${verb} ]] || { ${action}; }`;
  if (point in special) {
    return special[point as keyof typeof special](at, conditional);
  }
  if (when === "during") {
    throw new Error(`nothing can happen during ${point}`);
  }
  return around(functions[point as keyof typeof functions], when, count, conditional, index);
}

/** Shell text that runs `code` before or after the `count`-th call of one of the program's functions. */
function around(name: string, when: "before" | "after", count: number | "each", code: string, index = 0): string {
  const calls = `calls_${index}_of_${name}`;
  const original = `original_${index}_${name}`;
  const test = count === "each" ? code : `if ((++${calls} == ${count})); then ${code}; fi`;
  const call = `${original} "$@" || return`;
  return [
    // The program has to have that function, or a test would prove nothing.
    `declare -F ${name} >/dev/null || exit 99`,
    `eval "${original.slice(0, -name.length)}$(declare -f ${name})"`,
    `${calls}=0`,
    `${name}() { ${when === "before" ? `${test}; ${call}` : `${call}; ${test}`}; }`,
  ].join("\n");
}

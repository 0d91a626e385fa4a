import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { shellQuote } from "../../remote/shell";
import { runInBash } from "./bash";
import type { Answer, Case, Checked, Operation } from "./nodeFunctions";
import { readers } from "./nodeReaders";

/** An operation by the functions of the program in bash. @throws Error where one fails otherwise than as an answer */
export function callInBash<O extends Operation>(operation: O, cases: readonly Case<O>[]): readonly Answer<O>[] {
  if (operation in fed) {
    const { script, answer } = fed[operation as keyof typeof fed];
    const outcomes = feed(script, cases as readonly { readonly text: string }[]);
    return outcomes.map((outcome) => answer(outcome) as Answer<O>);
  }
  if (operation in programs) {
    const program = programs[operation as keyof typeof programs];
    return runPython(program, cases as readonly { readonly text: string }[]);
  }
  const call = operations[operation as keyof typeof operations] as unknown as (given: Case<O>) => Answer<O>;
  return cases.map(call);
}

type Called = {
  readonly [O in Exclude<Operation, keyof typeof fed | keyof typeof programs>]: (given: Case<O>) => Answer<O>;
};

/** The work of `runInBash` where nothing may go wrong. */
function output(script: string, files: Readonly<Record<string, string>> = {}): string {
  const { status, stdout, stderr } = runInBash(script, files);
  if (status !== 0 || stderr !== "") {
    throw new Error(`bash ended with ${status}:\n${stderr}${stdout}`);
  }
  return stdout;
}

const linesOf = (text: string): readonly string[] => text.split("\n").slice(0, -1);

/** How something ended that may refuse. */
function checked({ status, stderr }: { readonly status: number | null; readonly stderr: string }): Checked {
  const message = /^openstack-spice: error: (?:[^\n]*?: )?([^\n]*)\n$/.exec(stderr)?.[1];
  if (status === 0 && stderr === "") {
    return null;
  }
  if (status === null || status === 0 || message === undefined) {
    throw new Error(`bash ended with ${status}:\n${stderr}`);
  }
  return { status, message };
}

/** A transaction without services, and without what the machine's systemd would be asked for. */
const transaction = `
arm_dead_man() { :; }
disarm_dead_man() { :; }
logger() { :; }
ROLE=compute
`;

/** A yum that answers as the file output.txt says and ends with a status; its arguments go to the file asked. */
const fakeYum = (status: number) => `
printf '%s\\n' '#!/bin/bash' 'printf "%s\\n" "$*" >>"'"$PWD"'/asked"' 'cat "'"$PWD"'/output.txt"' 'exit ${status}' >yum
chmod +x yum
PLATFORM[tool]=$PWD/yum
`;

const operations: Called = {
  "libvirt/work": ({ guest, ...answers }) =>
    linesOf(
      output(
        `virsh_read() {
           case $1 in
             list) echo ${guest} ;;
             domblklist) printf ' Target   Source\\n-----\\n vda      /var/lib/nova/instances/x/disk\\n' ;;
             *) cat "$1" ;;
           esac
         }
         work_of_libvirt`,
        answers,
      ),
      // One thing is enough to wait for.
    ).slice(0, 1),
  "certificate/pem": (files) =>
    output(`DESIRED[tls-key]="$(cat key)" DESIRED[tls-certificate]="$(cat chain)"; declared_pem`, files),
  "certificate/fingerprint": (files) => runInBash("pem_fingerprint <pem", files).stdout.trim(),
  "tls/ends-before": ({ version }) =>
    checked(
      runInBash(`NODE=control-1 DESIRED[tls-ends-before]=true; nova_version() { echo ${version}; }; check_tls`, {}),
    ),
  "tls/restart-novnc": ({ since, started, declared }) =>
    linesOf(
      output(
        `ROLE=controller NOVNC_UNIT=nova-novncproxy; unit_is_active() { true; }; started_at() { echo ${started}; }
         record_header() { [[ $2 != tls-since ]] || echo "${since}"; }
         restart() { echo "$1"; }
         ${declared ? "VALUE[DEFAULT/cert]=/x" : ""}
         restart_novnc_without_tls restart`,
      ),
    ),
  "transaction/ended-when-recorded": () => {
    const { status, stdout, stderr } = runInBash(
      `ROLE=controller
       mkdir -p "$(role_folder controller)"
       echo '# openstack-spice record 1' >"$(record_file controller)"
       : >"$(unfinished_file controller)"
       roll_back
       ls "$(role_folder controller)"`,
      {},
    );
    return { said: [...linesOf(stderr), ...(status === 0 ? [] : [`status ${status}`])], left: linesOf(stdout) };
  },
  "dead-keys/table": () =>
    [
      ...readFileSync(resolve(__dirname, "../../host/program/41-dead-keys.sh"), "utf8").matchAll(
        /^(controller|compute) (\S+\/\S+) (\d+) (\S+) \S/gm,
      ),
    ].map(([, role = "", key = "", since, beside = ""]) => ({ role, key, since: Number(since), beside })),
  "dead-keys/told": ({ release, declared, conf }) =>
    linesOf(
      output(
        `ROLE=compute VERB=converge
         nova_version() { echo ${release}.0.0; }
         ${Object.entries(declared)
           .map(([option, value]) => `VALUE[${option}]=${shellQuote(value)}`)
           .join("\n")}
         dead_keys`,
        { "nova.conf": conf },
      ),
    ),
  "dead-keys/there-and-back": ({ conf }) => {
    const { status, stdout, stderr, files } = runInBash(
      `ROLE=compute VERB=converge
       nova_version() { echo 26.0.0; }
       note_write() { :; }
       dead_key_state "$NOVA_CONF" spice/keymap
       set_dead_key "$NOVA_CONF" spice/keymap comment; dead_key_state "$NOVA_CONF" spice/keymap; publish_files; cp nova.conf commented
       set_dead_key "$NOVA_CONF" spice/keymap key; dead_key_state "$NOVA_CONF" spice/keymap; publish_files
       dead_key_state "$NOVA_CONF" libvirt/use_usb_tablet`,
      { "nova.conf": conf },
    );
    const states = linesOf(stdout);
    return {
      states: [...states.slice(0, -1), ...(status === 0 && stderr === "" ? [] : [`${status} ${stderr}`])],
      stateOfAbsent: states.at(-1) ?? "",
      commented: files["commented"] ?? "",
      after: files["nova.conf"] ?? "",
    };
  },
  "dead-keys/runs": ({ conf, steps }) => {
    const script = steps.map((step, index) => {
      const does =
        step.do === "converge"
          ? `run ${shellQuote(step.deadKeys)} >told`
          : step.do === "revert"
            ? `VERB=revert; undo "$(record_file compute)" >told 2>/dev/null`
            : `sed -i ${shellQuote(`/${step.withoutLinesOf}/d`)} nova.conf`;
      return `: >told; : >restarts; KEPT=()
        ${does}
        cp told told.${index}; cp restarts restarts.${index}; cp nova.conf conf.${index}
        printf '%s\\n' \${KEPT[@]+"\${KEPT[@]}"} | sed '/^$/d' >kept.${index}
        read_record compute | grep -c ^dead-key >recorded.${index} || :`;
    });
    const { status, stderr, files } = runInBash(
      `${transaction}
       nova_version() { echo 26.2.2; }
       VERB=converge
       OPTIONS=(vnc/enabled) VALUE[vnc/enabled]=true
       run() {
         DESIRED[dead-keys]=$1 PLAN=() PLAN_TEXT=()
         plan_options
         plan_dead_keys
         copy_planned_conf
         open_journal
         apply_plan 2>/dev/null
         COMPUTE_UNIT=nova-compute units_to_restart >restarts
         commit
         [[ ! -f $WORK/planned ]] || cmp -s "$WORK/planned" nova.conf || echo 'not as planned'
       }
       ${script.join("\n")}`,
      { "nova.conf": conf },
    );
    if (status !== 0 || stderr !== "") {
      throw new Error(`bash ended with ${status}:\n${stderr}`);
    }
    const lines = (name: string) => linesOf(files[name] ?? "");
    return steps.map((_, index) => ({
      told: lines(`told.${index}`).filter((line) => line !== "not as planned"),
      restarts: lines(`restarts.${index}`),
      kept: lines(`kept.${index}`),
      conf: files[`conf.${index}`] ?? "",
      recordedDeadKeys: Number(files[`recorded.${index}`]),
      asPlanned: !lines(`told.${index}`).includes("not as planned"),
    }));
  },
  "secure-channels/check": ({ value, qemuConf }) =>
    checked(
      runInBash(`VALUE[spice/require_secure]=${value}; check_secure_channels qemu.conf`, { "qemu.conf": qemuConf }),
    ),
  "nova.conf/put-and-undo": (given) => {
    const { status, stdout, stderr, files } = runInBash(editScript, editFiles(given));
    return {
      told: `${stdout}${stderr}${status === 0 ? "" : `status ${status}\n`}`,
      after: files["after"] ?? "",
      undone: files["nova.conf"] ?? "",
    };
  },
  "nftables/refusing-chains": (files) => linesOf(output("nft() { cat ruleset; }\nnft_refusing_chains", files)),
  "iptables/first-refusal": (files) => output("first_refusal INPUT <save", files).trim(),
  "nftables/files": ({ files, load, chains }) => {
    const said = output(
      `for file in *; do [[ ! -f $file ]] || sed -i "s,PWD,$PWD," "$file"; done
       systemctl() { echo "ExecStart={ path=/sbin/nft ; argv[]=/sbin/nft ${load.replaceAll("PWD", "$PWD")} ; ignore_errors=no ; start_time=[n/a] ; pid=0 }"; }
       find_nft_files
       part() { printf '== %s\\n' "$1"; }
       part roots; for file in \${NFT_ROOTS[@]+"\${NFT_ROOTS[@]##*/}"}; do echo "$file"; done
       part files; for file in \${NFT_FILES[@]+"\${NFT_FILES[@]##*/}"}; do echo "$file"; done
       part text; nft_files_text | sed "s,$PWD/,,g"; echo
       ${chains.map((chain) => `part place; file=$(nft_file_of ${shellQuote(chain)}); echo "\${file##*/}"`).join("\n")}
       part whole; for file in \${NFT_ROOTS[@]+"\${NFT_ROOTS[@]}"}; do nft_text "$file" | sed "s,$PWD,PWD,"; done`,
      files,
    );
    const parts = said.split(/^== /m).slice(1);
    const of = (name: string) =>
      parts.flatMap((part) => (part.startsWith(`${name}\n`) ? linesOf(part.slice(name.length + 1)) : []));
    return {
      roots: of("roots"),
      files: of("files"),
      text: of("text").join("\n"),
      places: of("place"),
      whole: of("whole"),
    };
  },
  "iptables/rule": ({ source, port, recipe }) => {
    const [rule = "", one = "", other = "", ...words] = linesOf(
      output(
        `RECIPE=(${recipe})
         rule=$(iptables_rule ${source} ${port})
         printf '%s\n' "$rule"
         rule_text "$rule"; rule_text "-A INPUT $rule"
         iptables() { printf '%s\n' "$@"; }
         iptables_do iptables -I INPUT 1 "$rule"`,
      ),
    );
    return { rule, texts: [one, other], words };
  },
  "firewall/accepting-rules": ({ rules, ports, source, recordedUfw }) =>
    linesOf(
      output(
        `ALLOW_FROM=(${source})
         read_record() { printf '%s\\t' ufw /etc/ufw/user.rules ${shellQuote(recordedUfw)} - in; echo; }
         accepting_rules nft ${ports} <rules`,
        { rules },
      ),
    ).map((line) => line.replace(/^nft /, "")),
  "firewalld/zones": ({ source, listing }) => linesOf(output(`firewalld_zones ${source} <listing`, { listing })),
  "firewalld/file": ({ verb, file, source, port }) => {
    const encoded = output(`firewalld_file ${verb} file "$(firewalld_rule ${source} ${port})" | base64 -w0`, { file });
    return Buffer.from(encoded, "base64")
      .toString("latin1")
      .replace(verb === "has" ? /\n$/ : /$^/, "");
  },
  "ufw/state": ({ file, source, port, text }) =>
    output(
      `grep() { command grep "\${@:1:$#-1}" rules; }
       ufw_state ufw ${file} "$(ufw_rule ${source} ${port})"`,
      { rules: text },
    ).trim(),
  "dnf/simulated": ({ output: text }) =>
    linesOf(runInBash("PLATFORM[tool]=yum\ndnf_simulated <output.txt", { "output.txt": text }).stdout),
  "dnf/reason": ({ output: text }) =>
    runInBash("PLATFORM[tool]=yum\ndnf_reason <output.txt", { "output.txt": text }).stdout.replace(/\n$/, ""),
  "dnf/simulate": ({ status, output: text, wanted, packages, rounds = 1 }) => {
    const { stdout, files } = runInBash(
      `${fakeYum(status)}
       MISSING=(${wanted.join(" ")})
       sleep() { :; }
       rounds=0; seconds_left() { ((++rounds < ${rounds})); }
       set +e; dnf_simulate ${packages.join(" ")} >/dev/null; echo $?`,
      { "output.txt": text },
    );
    return { counts: Number(stdout), asked: linesOf(files["asked"] ?? "") };
  },
  "dnf/hangs": () => {
    const { stdout } = runInBash(
      `${fakeYum(0)}echo 'sleep 60' >>yum; sed -i '/^exit/d' yum; set +e\nrun_dnf 1 install a; echo $?`,
      { "output.txt": "" },
    );
    const lines = linesOf(stdout);
    return { said: lines.slice(0, -1).join("\n"), counts: Number(lines.at(-1)) };
  },
  "platform/find": ({ id, version }) =>
    output(`if find_platform '${id}' '${version}'; then platform name; else echo; fi`).trim(),
  "document/items": ({ document, release }) => {
    const script = `
read_document <document
fit_options_to_release ${release}
{
  printf '%s\\0%s\\0' role "$ROLE" node "$NODE"
  for key in "\${!DESIRED[@]}"; do printf '%s\\0%s\\0' "$key" "\${DESIRED[$key]}"; done
  for source in \${ALLOW_FROM[@]+"\${ALLOW_FROM[@]}"}; do printf 'allow-from\\0%s\\0' "$source"; done
  for option in "\${OPTIONS[@]}"; do printf '%s\\0%s\\0' "$option" "\${VALUE[$option]}"; done
} >items`;
    const { status, stderr, files } = runInBash(script, { document });
    const words = (files["items"] ?? "").split("\0").slice(0, -1);
    const items = words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? ""] as const] : []));
    return { stop: checked({ status, stderr }), items };
  },
  "managers/looked-for": () => output(`printf '%s\\n' $MANAGERS`).trim().split("\n"),
};

/** A nova.conf in the folder, and what is to be declared in it. */
export function editFiles({ conf, declared, edit }: Case<"nova.conf/put-and-undo">): Record<string, string> {
  return {
    "nova.conf": conf,
    declared: declared.map(({ option, encoded }) => `${option}\t${encoded}\n`).join(""),
    edit,
  };
}

/**
 * Bash text, after the program's functions: declares the options of the file `declared`, as a transaction that is recorded; keeps the outcome as `after`;
 * then, after a stranger's edit, takes it back.
 */
export const editScript = `${transaction}
while IFS=$'\\t' read -r option value; do
  OPTIONS+=("$option")
  VALUE[$option]=$value
done <declared
plan_options
open_journal
apply_plan >/dev/null 2>&1
commit
cat nova.conf >after
PLAN=() PLAN_TEXT=()
plan_options
((\${#PLAN[@]} == 0)) || printf 'planned again: %s\\n' "\${PLAN_TEXT[@]}"
cat edit >>nova.conf
undo "$(record_file compute)" 2>/dev/null
for item in \${KEPT[@]+"\${KEPT[@]}"}; do printf 'kept %s\\n' "$item"; done
`;

/** How each reader of {@link readers} finds something in the file `$given`. */
const finds: Readonly<Record<string, string>> = {
  iptables: 'first_refusal INPUT <"$given"',
  "the file of iptables": 'iptables_file_with "$given" LINE | grep -ax LINE',
  nftables: 'nft() { cat "$given"; }; nft_refusing_chains',
  "the file of nftables": 'nft_file place "$given" "inet filter input"',
  firewalld: 'firewalld_zones 192.0.2.0/24 <"$given"',
  "the file of a zone": `firewalld_file has "$given" 'rule family="ipv4" source address="192.0.2.0/24" port port="6082" protocol="tcp" accept'`,
  "the file of ufw": 'ufw_state ufw "$given" "allow from 192.0.2.0/24 to any port 6082 proto tcp" | grep -x in',
  "rules that accept": 'accepting_rules iptables 5900-5999 <"$given"',
  apt: 'apt_reason <"$given" >/dev/null; apt_simulated <"$given"',
  dnf: 'dnf_reason <"$given" >/dev/null; dnf_simulated <"$given"',
  "a shell file": 'shell_line "$given" NOVA_CONSOLE_PROXY_TYPE',
  "a dead key": 'dead_key_state "$given" spice/keymap | grep -x key',
  "a certificate": 'pem_fingerprint <"$given"',
};

/** What is fed with many texts, each in a shell of its own, as stdin and as the file `$given`; `out` has what it wrote. */
const fed = {
  "document/read": { script: "read_document", answer: ended },
  "record/read": {
    script:
      'ROLE=controller; mkdir -p "$(role_folder controller)"; cp "$given" "$(record_file controller)"; check_record controller',
    answer: ended,
  },
  "nova.conf/any": {
    script:
      'test "$(ini get "$given" no_section no_option)" = absent; ini value "$given" spice enabled >/dev/null; ini put "$given" spice enabled "enabled = 1" >new; [[ $(ini value new spice enabled) == 1* ]] || test "$(ini sections "$given" spice -)" = 0',
    answer: ({ status, err }: Fed): string => (status === 0 && err === "" ? "" : `status ${status}: ${err}`),
  },
  "others/any": {
    script: readers
      .map(([name]) => `found=$(${finds[name] ?? "false"}) || :; [[ -z $found ]] || echo "${name}"`)
      .join("\n"),
    answer: ({ status, out, err }: Fed): readonly string[] => {
      if (status !== 0 || err !== "") {
        throw new Error(`a reader ended with ${status}: ${err}`);
      }
      return linesOf(out);
    },
  },
};

/** Python programs that the program in bash carries, by their variables, and their arguments for the file `text`. */
const programs = {
  "certificate/any": { variable: "CERTIFICATE_PROGRAM", words: '[text, text, "host"]' },
  "pacemaker/any": { variable: "CIB_PROGRAM", words: '["nova-compute"]' },
};

/** How such a program ends with each text, as `STATUS LINES`. */
function runPython(
  { variable, words }: { readonly variable: string; readonly words: string },
  cases: readonly { readonly text: string }[],
): readonly string[] {
  const files = Object.fromEntries(cases.map(({ text }, index) => [`t${index}`, text]));
  const script = `printf '%s' "$${variable}" >program.py
python3 - <<'END'
import io, sys
program = compile(open("program.py").read(), "program.py", "exec")
ends = []
for i in range(${cases.length}):
    text = "t%d" % i
    sys.stdin = open(text, errors="surrogateescape")
    sys.argv = ["-"] + ${words}
    sys.stdout = io.StringIO()
    try:
        exec(program, {})
        status = 0
    except SystemExit as end:
        status = end.code
    ends.append("%s %d" % (status, len(sys.stdout.getvalue().splitlines())))
sys.stdout = sys.__stdout__
print("\\n".join(ends))
END`;
  return linesOf(output(script, files));
}

/** How it ended with one text. */
interface Fed {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** One line where it refuses. */
function ended({ status, err }: Fed): Checked {
  return checked({ status, stderr: err });
}

function feed(script: string, cases: readonly { readonly text: string }[]): readonly Fed[] {
  const files = Object.fromEntries(cases.map(({ text }, index) => [`t${index}`, text]));
  const {
    status,
    stderr,
    files: after,
  } = runInBash(
    `for ((i = 0; i < ${cases.length}; i++)); do
       status=0 given=t$i
       (trap - EXIT; ${script}) <t$i >out$i 2>err$i || status=$?
       echo "$status" >>statuses
     done`,
    files,
  );
  const statuses = linesOf(after["statuses"] ?? "").map(Number);
  if (status !== 0 || stderr !== "" || statuses.length !== cases.length) {
    throw new Error(`bash ended with ${status}:\n${stderr}`);
  }
  return statuses.map((one, index) => ({
    status: one,
    out: after[`out${index}`] ?? "",
    err: after[`err${index}`] ?? "",
  }));
}

/**
 * The command lines that a login shell on a node is given, run by real shells as an ordinary user. `sudo` is a stand-in that notes what it was asked for.
 * That they work over SSH, with the real sudo, is for the host and up tiers.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  lchownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseReport } from "../../../contract";
import { convergeCommand, revertCommand } from "../../../remote/convergence";
import { shortDigest } from "../../../remote/program";
import { bash42 } from "../host/support";

const shells = ["sh", "bash", "dash", "ksh", "zsh", "fish", "tcsh"].filter(
  (shell) => spawnSync(shell, ["-c", "exit 7"]).status === 7,
);
const digestOf = (text: string) => createHash("sha256").update(text).digest("hex");

/** Where root cannot be an ordinary user by itself: `nobody`'s number. */
const user = process.getuid?.() === 0 ? 65534 : process.getuid?.();

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "openstack-spice home-"));
  mkdirSync(join(home, "bin"));
  mkdirSync(join(home, ".openstack-spice"));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

/** Writes a file of the node's user. */
function write(name: string, text: string): void {
  writeFileSync(join(home, name), text);
  chmodSync(join(home, name), 0o755);
}

/** Gives the user all of it, and runs a command line as sshd would. */
function login(shell: string, command: string, stdin = "") {
  if (user !== undefined) {
    for (const name of ["", ...readdirSync(home, { recursive: true, encoding: "utf8" })]) {
      lchownSync(join(home, name), user, user);
    }
  }
  const { status, stdout, stderr } = spawnSync(shell, ["-c", command], {
    cwd: home,
    env: { HOME: home, USER: "ops", PATH: `${join(home, "bin")}:${process.env["PATH"] ?? ""}` },
    input: stdin,
    encoding: "utf8",
    timeout: 20_000,
    ...(process.getuid?.() === 0 ? { uid: user, gid: user } : {}),
  });
  return { status, stdout, stderr };
}

/** A sudo that lets everything through, and notes it; `test -e` finds what `there` says. */
function allowSudo(there: readonly string[] = []): void {
  const cases = there.map((path) => `"-n test -e ${path}") exit 0 ;;\n"-n bash ${path} "*) cat; exit 0 ;;`).join("\n");
  write(
    "bin/sudo",
    `#!/bin/bash\nprintf '%s\\n' "$*" >>"$HOME/asked"\ncase "$*" in\n${cases}\n"-n test"*) exit 1 ;;\nesac\nshift\nexec "$@"\n`,
  );
}
const asked = () =>
  existsSync(join(home, "asked")) ? readFileSync(join(home, "asked"), "utf8").trimEnd().split("\n") : [];

describe.skipIf(!bash42)("the command that converges", () => {
  const program = `printf '%s|' "$@"; cat; exit\n`;
  const command = convergeCommand(digestOf(program), "compute");
  const file = `.openstack-spice/compute-${shortDigest(digestOf(program))}`;

  it.each(shells)("runs the uploaded program from %s, its stdin untouched", (shell) => {
    write(file, program);
    const document = "format = 1\n[spice]\nkey = 'a \"b\" $c'\n";
    const { status, stdout, stderr } = login(shell, command, document);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toBe(`${digestOf(program)}|${document}`);
  });

  it("fails where the program is missing, and says which file it is", () => {
    const { status, stdout, stderr } = login("sh", command);
    expect({ status, stdout }).toEqual({ status: 127, stdout: "" });
    expect(stderr).toMatch(new RegExp(`${file}: No such file or directory\n$`));
  });

  it("passes on that Python may be installed, where that is asked for", () => {
    write(file, program);
    expect(login("sh", convergeCommand(digestOf(program), "compute", true)).stdout).toBe(
      `${digestOf(program)}|--install-python|`,
    );
  });

  it("is short, holds no secret, and is one line", () => {
    expect(command.length).toBe(105);
    expect(command).not.toContain("\n");
  });
});

/** A file of the repository. */
const source = (name: string) => readFileSync(resolve(__dirname, "../../..", name), "utf8");

/** The bootstrap up to where root runs it, with a folder of the test's in place of root's, and an end that shows how it was called. */
const programWith = (end: string) => {
  const [beginning = "", rest] = source("node/bootstrap.sh").split("install=\n");
  expect(rest).toBeDefined();
  return `${beginning.replace("STATE_DIR=/var/lib/openstack-spice", "STATE_DIR=$HOME/state").replace("export LC_ALL=C PATH=", "export LC_ALL=C; : ")}${end}`;
};

describe.skipIf(!bash42 || user === undefined || user === 0)("the bootstrap of the program", () => {
  const program = programWith(`printf '%s|' "$0" "$@"; cat`);
  const digest = digestOf(program);
  const uploaded = () => join(home, ".openstack-spice", `compute-${shortDigest(digest)}`);
  const rootsCopy = () => join(home, "state", "programs", `${digest}.sh`);

  it("is a copy that root runs, with where it came from", () => {
    allowSudo();
    write(`.openstack-spice/compute-${shortDigest(digest)}`, program);
    const { status, stdout, stderr } = login("sh", convergeCommand(digest, "compute"), "document");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toBe(`${rootsCopy()}|--uploaded|${uploaded()}|converge|document`);
    expect(readFileSync(rootsCopy(), "utf8")).toBe(program);
    expect(readdirSync(join(home, "state", "programs"))).toEqual([`${digest}.sh`]);
    expect(asked()[0]).toMatch(/^-n \/bin\/bash -c \{ .* \} \S* ?\S*\/programs\/[0-9a-f]{64}\.sh -$/);
  });

  it("is not copied where it is there already, and copied again where that is damaged", () => {
    allowSudo();
    write(`.openstack-spice/compute-${shortDigest(digest)}`, program);
    const inode = () => {
      const { status, stdout } = login("sh", convergeCommand(digest, "compute"), "document");
      expect([status, stdout]).toEqual([0, `${rootsCopy()}|--uploaded|${uploaded()}|converge|document`]);
      expect(readFileSync(rootsCopy(), "utf8")).toBe(program);
      return statSync(rootsCopy()).ino;
    };
    const first = inode();
    expect(inode()).toBe(first);
    for (const damaged of ["", program.slice(0, -1), `id\n${program}`]) {
      writeFileSync(rootsCopy(), damaged);
      inode();
    }
    expect(readdirSync(join(home, "state", "programs"))).toEqual([`${digest}.sh`]);
  });

  it.each<[string, (text: string) => string]>([
    ["was cut behind the part that compares it", (text) => text.slice(0, -1)],
    ["was changed", (text) => `${text}id\n`],
  ])("runs nothing where it %s, and says which file it is", (_what, damage) => {
    allowSudo();
    write(`.openstack-spice/compute-${shortDigest(digest)}`, damage(program));
    const { status, stdout, stderr } = login("sh", convergeCommand(digest, "compute"));
    expect({ status, stdout }).toEqual({ status: 1, stdout: `${uploaded()}: FAILED\n` });
    expect(stderr).toContain("computed checksum did NOT match");
    expect(asked()).toEqual([]);
  });

  it("reports nothing where it was cut before that part, which is a failure of the converge", () => {
    allowSudo();
    const parts = [...Array(20).keys()].map((part) => program.slice(0, (part * program.indexOf("sha256sum -c")) / 20));
    for (const part of parts) {
      write(`.openstack-spice/compute-${shortDigest(digest)}`, part);
      const { stdout } = login("sh", convergeCommand(digest, "compute"));
      expect(parseReport(stdout)).toEqual({
        packages: {},
        changes: [],
        guestsWithoutSpice: [],
        restarted: [],
        incomplete: true,
      });
    }
    expect(asked()).toEqual([]);
  });

  it("runs nothing that changed after it was checked", () => {
    allowSudo();
    // The sudo of this test changes the file just before root copies it.
    write("bin/sudo", `#!/bin/bash\nshift\n[[ \${!#} == - ]] || echo id >>${JSON.stringify(uploaded())}\nexec "$@"\n`);
    write(`.openstack-spice/compute-${shortDigest(digest)}`, program);
    const { status, stdout, stderr } = login("sh", convergeCommand(digest, "compute"));
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    expect(stderr).toContain(`${uploaded()} changed while it was copied. Find out who writes there, then run again\n`);
    expect(existsSync(join(home, "state"))).toBe(false);
  });

  it("stops where sudo asks for a password, with what sudo said", () => {
    write("bin/sudo", "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n");
    write(`.openstack-spice/compute-${shortDigest(digest)}`, program);
    const { status, stdout, stderr } = login("sh", convergeCommand(digest, "compute"));
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    expect(stderr).toMatch(
      /^openstack-spice: error: \S+: sudo does not let .* become root without asking: sudo: a password is required\. Allow that in sudoers \(NOPASSWD, and no requiretty\): everything, or the line that 'npm run sudoers' prints for this version\. Or log in as root\n$/,
    );
    expect(existsSync(join(home, "state"))).toBe(false);
  });

  it("stops where there is no room for it", () => {
    allowSudo();
    write("state", "a file in the way of the folder");
    write(`.openstack-spice/compute-${shortDigest(digest)}`, program);
    const { status, stdout, stderr } = login("sh", convergeCommand(digest, "compute"));
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    expect(stderr).toContain(
      "state/programs cannot be written. Make room there and see that it can be written, then run again\n",
    );
  });

  it("is the same where root's .bashrc sets noclobber", () => {
    allowSudo();
    write("bin/sudo", `#!/bin/bash\nshift\nset -o noclobber\nexport SHELLOPTS\nexec "$@"\n`);
    write(`.openstack-spice/compute-${shortDigest(digest)}`, program);
    expect(login("sh", convergeCommand(digest, "compute")).status).toBe(0);
    expect(readFileSync(rootsCopy(), "utf8")).toBe(program);
  });

  it("has the program install Python only where that is asked for", () => {
    allowSudo();
    write(`.openstack-spice/compute-${shortDigest(digest)}`, program);
    const run = (installPython: boolean, note: string) =>
      login("sh", `${convergeCommand(digest, "compute", installPython)}${note}`).stdout;
    for (const note of ["", " tls:0a1b2c"]) {
      expect(run(false, note)).toBe(`${rootsCopy()}|--uploaded|${uploaded()}|converge|`);
      expect(run(true, note)).toBe(`${rootsCopy()}|--install-python|--uploaded|${uploaded()}|converge|`);
    }
  });
});

describe.skipIf(!bash42)("a node without Python", () => {
  /** The bootstrap on a node where Python is named otherwise, and who runs it counts as root. */
  const run = (...words: readonly string[]) => {
    const text = source("node/bootstrap.sh")
      .replace("/usr/libexec/platform-python /usr/bin/python3", "/nowhere/platform-python")
      .replace("type -P python3", "type -P python3-of-the-test")
      .replace("((EUID == 0))", "true")
      .replace("PATH=/usr/local/sbin", 'PATH="$HOME/bin":/usr/local/sbin')
      .replace("/var/log/openstack-spice.log", '"$HOME/log"');
    write("run.sh", text);
    return login("bash", `bash run.sh ${words.join(" ")}`);
  };
  /** A yum that says this in its rehearsal; its installation brings an interpreter that shows how it was called. */
  const yum = (plan: string, install = `cp ~/python ~/bin/python3-of-the-test`) => {
    write("python", `#!/bin/sh\nshift 4\nprintf '%s|' "$@"\n`);
    write(
      "bin/yum",
      `#!/bin/bash\necho "$*" >>~/asked\nif [[ $1 == --assumeno ]]; then cat ~/plan; exit 1; fi\n${install}\n`,
    );
    write("plan", plan);
    write("bin/logger", "#!/bin/sh\n");
  };
  const plan =
    "Dependencies Resolved\n\nInstalling:\n python3\nInstalling for dependencies:\n python3-libs\n\nExiting on user command\n";

  it("is refused, with the command that installs it", () => {
    const { status, stdout, stderr } = run("converge");
    expect([status, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(
      /^openstack-spice: error: \S+: Python 3\.6 or newer, in which this program is written, is not installed\. Install it \('yum install python3'\), or declare installPython, and run again\n$/,
    );
  });

  it("gets it where that is asked for, which is logged", () => {
    yum(plan);
    const { status, stdout, stderr } = run("--install-python", "--uploaded", "x", "converge");
    expect([status, stdout]).toEqual([0, "run.sh|--uploaded|x|converge|"]);
    expect(stderr).toMatch(/^openstack-spice: \S+: installing python3, in which the program is written\n$/);
    expect(asked()).toEqual(["--assumeno install python3", "-q -y install python3"]);
    expect(readFileSync(join(home, "log"), "utf8")).toMatch(/^\d{4}-\S+Z \S+ installed python3, by=root\n$/);
  });

  it.each([
    ["a FIFO, which nobody reads", "mkfifo ~/log"],
    ["a folder", "mkdir ~/log"],
    ["a link", "ln -s elsewhere ~/log"],
  ])("goes on where its log is %s, into which nothing is written", (_title, prepare) => {
    yum(plan);
    expect(login("bash", prepare).status).toBe(0);
    const { status, stdout, stderr } = run("--install-python", "--uploaded", "x", "converge");
    expect([status, stdout]).toEqual([0, "run.sh|--uploaded|x|converge|"]);
    expect(stderr).toMatch(
      /^.* installing python3, .*\nopenstack-spice: \S+: .*\/log cannot be written: what changes is logged in syslog alone\n$/,
    );
    expect(existsSync(join(home, "elsewhere"))).toBe(false);
  });

  it.each(["Updating:", "Updating for dependencies:", "Removing:", "Downgrading:"])(
    "is refused where another package changes with it: %s",
    (header) => {
      yum(plan.replace("Installing for dependencies:", header));
      const { status, stderr } = run("--install-python", "converge");
      expect(status).toBe(3);
      expect(stderr).toContain("python3 cannot be installed without a change of other packages. Install it");
      expect(asked()).toEqual(["--assumeno install python3"]);
    },
  );

  it("is refused where yum has none, with what yum says, and where the installation fails", () => {
    yum("No package python3 available.\nError: Nothing to do\n");
    expect(run("--install-python", "converge")).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("python3 cannot be installed (Error: Nothing to do). Install it") as string,
    });
    yum(plan, "echo broken >&2; exit 1");
    expect(run("--install-python", "converge")).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("broken\n") as string,
    });
  });
});

describe("the command that reverts", () => {
  /** The command line, with folders of the test's in place of root's. */
  const command = (role = "compute") =>
    revertCommand(role).replace("/var/lib", "./lib").replace("/usr/local/sbin/", "../bin/");
  const end = '{"end":0}';
  const launcher = `#!/bin/sh\nprintf '%s|' "$@"; cat\necho '${end}'\n`;

  it("names the node's own command, and where its records are", () => {
    expect(revertCommand("compute")).toMatch(
      /^sh -c 'cd \/var\/lib\|\|exit;b=\/usr\/local\/sbin\/\$0;.*' openstack-spice compute$/,
    );
  });

  it("is short, and is one line", () => {
    expect(revertCommand("compute").length).toBe(128);
    expect(revertCommand("compute")).not.toContain("\n");
  });

  it.each(shells)("runs the node's own command from %s, where anything is recorded", (shell) => {
    write("bin/openstack-spice", launcher);
    mkdirSync(join(home, "lib/openstack-spice"), { recursive: true });
    expect(login(shell, command(), "document\n")).toEqual({
      status: 0,
      stdout: `revert|compute|-|document\n${end}\n\0`,
      stderr: "",
    });
  });

  it("succeeds, and says why, where nothing is recorded", () => {
    mkdirSync(join(home, "lib/others"), { recursive: true });
    // Somebody's own copy is none of ours.
    mkdirSync(join(home, "lib/openstack-spice.bak"));
    const { status, stdout, stderr } = login("sh", command());
    expect([status, stdout]).toEqual([0, ""]);
    expect(stderr).toMatch(/^ls: .*openstack-spice.*No such file or directory\n$/);
  });

  it("asks the node's own command also where what it recorded is gone, as of a disk that is not mounted", () => {
    write("bin/openstack-spice", "#!/bin/sh\nexec false\n");
    mkdirSync(join(home, "lib"));
    expect(login("sh", command())).toEqual({ status: 1, stdout: "", stderr: "" });
  });

  it("fails where the node's own command did not come to its end, with what that says", () => {
    write("bin/openstack-spice", `#!/bin/sh\necho '{"change":"a","old":"1","new":"2"}'\necho why >&2\nexit 3\n`);
    mkdirSync(join(home, "lib/openstack-spice"), { recursive: true });
    expect(login("sh", command())).toEqual({ status: 1, stdout: "", stderr: "why\n" });
  });

  it("fails where it cannot look", () => {
    const { status, stdout } = login("sh", command());
    expect([status === 0, stdout]).toEqual([false, ""]);
  });

  it.each<[string, string | undefined]>([
    ["is gone", undefined],
    ["is empty", ""],
    ["has bytes without a meaning", "\0".repeat(launcher.length)],
    ["is cut off", launcher.slice(0, launcher.indexOf("echo"))],
    ["says something else of its own", "#!/bin/sh\necho Welcome to the end\n"],
    ["fails", "#!/bin/sh\nexit 1\n"],
  ])("fails where something is recorded and the node's own command %s", (_what, text) => {
    if (text !== undefined) {
      write("bin/openstack-spice", text);
    }
    write(".openstack-spice/compute-0a1b2c3d.sh", "");
    mkdirSync(join(home, "lib"));
    // A link to a disk that is not mounted, which is no sign that nothing is recorded.
    symlinkSync("/nowhere", join(home, "lib/openstack-spice"));
    const { status, stdout } = login("sh", command());
    expect([status === 0, stdout.replace("openstack-spice\n", "")]).toEqual([false, ""]);
    expect(readdirSync(join(home, ".openstack-spice"))).toEqual(["compute-0a1b2c3d.sh"]);
  });
});

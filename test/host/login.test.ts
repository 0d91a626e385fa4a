/** How the program comes to run as root: with sudo in the forms that operators give, whatever the login shell is and says. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sudoersFile } from "../../remote/sudoers";
import { LabNode, lab } from "../support/lab";
import { controllerDocument } from "./support/documents";
import { testProgram } from "./support/injection";
import { converge, revert } from "./support/program";
import { snapshot } from "./support/snapshot";

const NAME = "a-login";
const document = controllerDocument(NAME);
let node: LabNode;

/** Puts files below /etc/sudoers.d in place of the lab's own, tested by visudo. */
async function sudoers(text: string): Promise<void> {
  const file = "/etc/sudoers.d/openstack-spice";
  await node.read(`rm -f /etc/sudoers.d/*; (umask 227; cat >${file}) && visudo -cq`, text);
}

/** Both ways, by the login user; what is left is a node with no trace. */
async function thereAndBack(): Promise<void> {
  const before = await snapshot(node);
  const there = await converge(node, document, { user: "ops" });
  expect({ status: there.status, changed: /^changed 4$/m.test(there.stdout) }).toEqual({ status: 0, changed: true });
  const back = await revert(node, "controller", { user: "ops", input: document });
  expect({ status: back.status, changed: /^changed 4$/m.test(back.stdout) }).toEqual({ status: 0, changed: true });
  const { processes: _then, ...was } = before;
  const { processes: _now, ...is } = await snapshot(node);
  expect(is).toEqual(was);
  expect(await node.read("ls -a /home/ops | grep -c openstack-spice || true")).toBe("0\n");
}

beforeAll(async () => {
  await lab("pool", "tcsh", "zsh");
  node = await LabNode.boot(NAME, "proxy");
  await node.read("apt-get -qq update && apt-get install -qq -y tcsh zsh >/dev/null 2>&1");
});
afterAll(async () => {
  await node.remove();
});

describe("sudo", () => {
  const narrow = sudoersFile("ops");

  it.each([
    ["for everything, without a password", "ops ALL=(ALL) NOPASSWD:ALL\n"],
    [
      "for the one line of `npm run sudoers`, where others need a terminal and commands get one of sudo's own",
      `Defaults requiretty\nDefaults use_pty\n${narrow}`,
    ],
    ["for that line, for a group, with another path", `Defaults !secure_path\n${sudoersFile("%ops")}`],
  ])("is enough %s", async (_form, text) => {
    await sudoers(text);
    await thereAndBack();
  });

  it.each([
    ["asks for a password", "ops ALL=(ALL) ALL\n", "sudo: a password is required"],
    [
      "wants a terminal",
      "Defaults requiretty\nops ALL=(ALL) NOPASSWD:ALL\n",
      "sudo: sorry, you must have a tty to run sudo",
    ],
    ["names another version's program", narrow.replace(/[0-9a-f]{64}/, "0".repeat(64)), "sudo: a password is required"],
  ])("that %s is refused, with what to do, and an untouched node", async (_what, text, said) => {
    await sudoers(text);
    const before = await snapshot(node);
    expect(await converge(node, document, { user: "ops" })).toEqual({
      status: 3,
      stdout: "",
      stderr: `openstack-spice: error: ${NAME}: sudo does not let ops become root without asking: ${said}. Allow that in sudoers (NOPASSWD, and no requiretty): everything, or the line that 'npm run sudoers' prints for this version. Or log in as root\n`,
    });
    expect(await snapshot(node)).toEqual(before);
  });

  it("for that line runs nothing else as root", async () => {
    await sudoers(narrow);
    const command = /\/bin\/bash -c (\{ .* \}) (\S+\.sh) \*/.exec(narrow.replace(/\\(.)/g, "$1"));
    const [, runAsRoot = "", program = ""] = command ?? [];
    const shell = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
    // The right command runs, and does nothing for `-`.
    const sudo = (...words: readonly string[]) => `sudo -n ${words.map(shell).join(" ")}`;
    expect((await node.run(sudo("/bin/bash", "-c", runAsRoot, program, "-"), { user: "ops" })).status).toBe(0);
    await node.read(
      "install -d -o ops ~ops/evil && printf 'touch /root/evil\\n' >~ops/evil/program && chown ops ~ops/evil/program",
    );
    const words = runAsRoot.split(" ");
    const tries = [
      sudo("/usr/bin/id"),
      sudo("/bin/bash"),
      sudo("/bin/bash", "-c", "touch /root/evil"),
      // sudo compares the words of a command line, and not where an argument ends.
      ...words.map((_word, index) =>
        sudo("/bin/bash", "-c", words.slice(0, index).join(" "), ...words.slice(index), program, "-"),
      ),
      sudo("/bin/bash", "-c", `${runAsRoot} ${program} \ntouch /root/evil`),
      sudo("/bin/bash", "-c", `${runAsRoot} ${program}`, "; touch /root/evil"),
      // A program of one's own.
      sudo("/bin/bash", "-c", runAsRoot, program, "/home/ops/evil/program"),
      sudo("/bin/bash", "-c", runAsRoot, "/home/ops/evil/program", "/home/ops/evil/program"),
      sudo("/usr/local/sbin/openstack-spice", "revert", "../../../../home/ops/evil"),
      sudo("/usr/local/sbin/openstack-spice", "revert ../../../../home/ops/evil"),
    ];
    await converge(node, document, { user: "ops" });
    const script = tries.map((line, index) => `${line} </dev/null >/dev/null 2>&1 && echo ${index}`).join("\n");
    expect((await node.run("bash -s", { user: "ops", input: `${script}\n` })).stdout).toBe("");
    expect(await node.read("ls -a /root | grep -c evil || true")).toBe("0\n");
    expect((await revert(node, "controller", { user: "ops", input: document })).status).toBe(0);
  });

  it("for that line runs no other program", async () => {
    await sudoers(narrow);
    const program = testProgram({ at: [{ point: "converge", when: "before", run: "touch /root/evil" }] });
    const { status } = await converge(node, document, { user: "ops", program });
    expect(status).toBe(3);
    expect(await node.read("ls -a /root | grep -c evil || true")).toBe("0\n");
  });
});

describe("a login shell", () => {
  beforeAll(async () => {
    await sudoers(sudoersFile("ops"));
  });

  it("that prints much does not get into the report's way", async () => {
    const noise = "echo 'Welcome! changed your mind?'; echo 'A warning.' >&2; printf '\\033]0;ops\\007'";
    const files = ["/etc/profile.d/noise.sh", "/home/ops/.profile", "/home/ops/.ssh/rc"];
    await node.read(
      `tee ${files.join(" ")} >/dev/null; cp ~ops/.bashrc ~ops/.bashrc.former; cat ~ops/.profile ~ops/.bashrc.former >~ops/.bashrc; echo 'Authorized use only.' >/etc/motd`,
      `${noise}\n`,
    );
    try {
      expect((await node.run("true", { user: "ops" })).stdout).toContain("Welcome!");
      await thereAndBack();
    } finally {
      await node.read(`rm ${files[0]} ${files[2]}; mv ~ops/.bashrc.former ~ops/.bashrc`);
    }
  });

  it.each(["/bin/sh", "/bin/tcsh", "/bin/zsh"])("can be %s", async (shell) => {
    await node.read(`usermod --shell ${shell} ops`);
    await thereAndBack();
  });
});

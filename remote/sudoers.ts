import { type HostProgram, hostProgram, shortDigest } from "./program";

/**
 * What lets one login user do what this version of the package needs on a node, and nothing else, as a file for `/etc/sudoers.d`.
 *
 * sudo then runs, as root, the copy of a program that has this version's sha256, and the node's own command. The digest is an argument of what sudo
 * runs, not a `sha256:` of sudoers': that one is compared with a file that the login user owns, and could still write to after it was compared.
 *
 * It is not less than root over Nova: the program sets the options of nova.conf that its input names, and some of them name commands.
 *
 * @param user a user, or a group as `%group`
 * @throws Error where it is neither
 */
export function sudoersFile(user: string, program: HostProgram = hostProgram()): string {
  if (!/^%?[a-z_][a-z\d_.-]*$/i.test(user)) {
    throw new Error(`'${user}' is not a user's name. Give the name that connections log in with, such as ops.`);
  }
  const runAsRoot = /^readonly RUN_AS_ROOT='([^'\n]*)'$/m.exec(program.text)?.[1];
  if (runAsRoot === undefined) {
    throw new Error("The program does not say what root runs. Install the package openstack-spice again.");
  }
  const run = ["-c", runAsRoot, `/var/lib/openstack-spice/programs/${program.sha256}.sh`].map(literally).join(" ");
  const commands = [
    `/bin/bash ${run} *`,
    "/usr/local/sbin/openstack-spice status",
    "/usr/local/sbin/openstack-spice revert *",
  ];
  return [
    `# openstack-spice, program ${shortDigest(program.sha256)}: what ${user} may do as root. Another version of the package needs another file.`,
    "# Who can log in as this user can set options of nova.conf: that is root over Nova, and over Nova's node.",
    `Defaults:${user} !requiretty`,
    `${user} ALL=(root) NOPASSWD: ${commands.join(", ")}`,
    "",
  ].join("\n");
}

/** A text as sudoers has it in a command's arguments, where these characters are its own, or patterns. */
function literally(text: string): string {
  return text.replace(/[\\*?[\]!:,=#]/g, "\\$&");
}

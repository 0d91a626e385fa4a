import { createHash } from "node:crypto";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { type DeclaredState, type NodeReport, parseReport, renderDesiredState } from "../contract";
import { type ConnectionArgs, connectionTo, type SshArgs } from "./connection";
import { known, nameOf, originalUrn, renamed } from "./originalUrn";
import { hostProgram, hostProgramFile, shortDigest } from "./program";
import { shellQuote } from "./shell";

/** One role of one node, to be brought to a desired state. */
interface ConvergenceArgs {
  readonly connection: ConnectionArgs;
  /** Defaults for the connection. */
  readonly ssh?: SshArgs;
  /** The role in the desired state: `controller`, `compute` or `vnc-proxy-retirement`. */
  readonly role: string;
  /** What the node is to be. Its change is an update: the node converges to the new one. A secret where there is one in it. */
  readonly state: pulumi.Input<DeclaredState>;
  /**
   * Whether a value that a report would have is a secret: then the report is one, and nothing of what the program says is shown. A private key, which no
   * report has, is none of these. @default it is not
   */
  readonly reportIsSecret?: Promise<boolean>;
  /** What a preview is to show where the state is a secret: one word, part of the command line. @default nothing */
  readonly note?: pulumi.Input<string>;
  /**
   * Whether the node gets its former state back when the resource goes. It is the engine's to know (`retainOnDelete`): a change of it connects to no
   * node, so a node that is gone for good can leave the stack.
   */
  readonly restore: boolean;
  /** Whether Python is installed on a node that has none. @default false */
  readonly installPython?: boolean;
}

/** Where the resources stand. */
interface Place {
  readonly parent: pulumi.ComponentResource;
  /** What has to be done before the node converges. @default nothing */
  readonly dependsOn?: pulumi.ResourceOptions["dependsOn"];
  /** What has to be there before the node is connected to. @default nothing */
  readonly prerequisites?: pulumi.ResourceOptions["dependsOn"];
}

/** A node's role that converges. */
export interface Convergence {
  /** What is done when the node has converged. */
  readonly command: pulumi.Resource;
  /** What the node reported when it last converged: no secret, though it is read out of a secret output, where no value in it is one. */
  readonly report: pulumi.Output<NodeReport>;
}

/**
 * Registers what brings one role of a node to its desired state, and back: `NAME-program`, which uploads the host program, and `NAME-converge`, which
 * runs it. The only place in this package that makes remote commands.
 *
 * - A changed desired state, program or connection is an update, which converges; nothing of it is undone first. There is no `update`: converging is the same.
 * - A changed address reverts the old node, then converges the new one. Nothing else replaces the command, or the old node would never be reverted.
 * - The document says which resource it is from, and the node keeps that: a resource that is deleted after another one has converged the same role of
 *   the same node, as when a node was renamed, reverts nothing.
 * - No `environment`, which SSH servers refuse, and no output of one command in the next one's environment.
 * - What the program says to people (stderr) is shown as it comes, and its report (stdout) is kept. Both are secret in the state, should a login shell's start files print something.
 *
 * @param name the component's name, or a name below it
 * @param below the component, and what is waited for. The program is uploaded before the other nodes of `dependsOn` have converged: a node that cannot be
 * reached shows before anything is changed on any
 */
export function converge(name: string, args: ConvergenceArgs, below: Place): Convergence {
  const { sha256 } = hostProgram();
  const connection = connectionTo(args.connection, args.ssh);
  const isSecret = pulumi.output(args.reportIsSecret ?? false);
  const upload = new remote.CopyToRemote(
    `${name}-program`,
    {
      connection,
      source: new pulumi.asset.FileAsset(hostProgramFile()),
      remotePath: uploadPath(sha256, args.role),
      // The provider sends a file again only where it or its path differs: another login is another home.
      triggers: [pulumi.interpolate`${args.connection.user ?? args.ssh?.user ?? "root"}@${args.connection.host}`],
    },
    { parent: below.parent, dependsOn: below.prerequisites },
  );
  const command = new remote.Command(
    `${name}-converge`,
    {
      connection,
      create: withNote(convergeCommand(sha256, args.role, args.installPython), args.note),
      delete: revertCommand(args.role),
      stdin: pulumi
        .all([args.state, resourceId(below.parent, name)])
        .apply(([state, id]) => renderDesiredState({ ...state, id })),
      // What is for people is on standard error. The report is for this program.
      logging: isSecret.apply((is) => (is ? remote.Logging.None : remote.Logging.Stderr)),
      addPreviousOutputInEnv: false,
      triggers: [args.connection.host],
    },
    {
      parent: below.parent,
      dependsOn: [upload, ...toList(below.dependsOn)],
      deleteBeforeReplace: true,
      ...(args.restore ? {} : { retainOnDelete: true }),
      additionalSecretOutputs: ["stdout", "stderr"],
    },
  );
  const { stdout } = command;
  return {
    command,
    report: isSecret.apply((is) => (is ? pulumi.secret(stdout) : pulumi.unsecret(stdout))).apply(parseReport),
  };
}

/** A command line with one more word, which nothing reads. */
function withNote(command: string, note: pulumi.Input<string> | undefined): pulumi.Input<string> {
  return note === undefined ? command : pulumi.interpolate`${command} ${note}`;
}

/**
 * What tells this resource from others that converge the same role of the same node: a few letters, since the state keeps them twice. A resource that has
 * another name or parent by now, and `aliases` that say so, is the same one, and its desired state has not changed.
 */
async function resourceId(parent: pulumi.Resource, name: string): Promise<string> {
  const urn = await originalUrn(parent);
  const original = renamed(name, nameOf(await known(parent.urn)), nameOf(urn));
  return createHash("sha256").update(`${urn} ${original}`).digest("hex").slice(0, 6);
}

/** What a resource depends on, as a list. The engine's library also takes an output of a list where it takes one of a resource. */
function toList(dependsOn: pulumi.ResourceOptions["dependsOn"]): pulumi.Input<pulumi.Resource>[] {
  if (dependsOn === undefined) {
    return [];
  }
  return Array.isArray(dependsOn) ? dependsOn : [dependsOn as pulumi.Input<pulumi.Resource>];
}

/**
 * The command line that runs the uploaded program with `converge`. The program first compares itself with the digest, and fails where it is not as it was
 * sent; then it copies itself to where only root can write, compares the copy, and goes on from there as root.
 *
 * For any login shell: one line of plain words. Short, since the state keeps it twice for each node.
 *
 * @param installPython whether Python is installed where a node has none. It is here since what starts the program cannot read the document
 */
export function convergeCommand(sha256: string, role: string, installPython = false): string {
  return `bash ~/${uploadPath(sha256, role)} ${sha256}${installPython ? " --install-python" : ""}`;
}

/**
 * The command line that reverts a role, by the program that converged it: root's copy, which the node's own command `openstack-spice` finds. `-` has it
 * read the document that the resource last converged to, and leave a role alone that another resource has converged since.
 *
 * Succeeds where the node has neither records nor that command: it was never converged, or was reverted on the node or reinstalled; what was uploaded for it
 * stays then. Fails where it cannot look, and where the answer has no end mark: where the node's own command fails, or there are records, and not the
 * command, or not all of it. `-z` has grep print all of an answer that has one. Short, since the state keeps it twice for each node.
 */
export function revertCommand(role: string): string {
  const script = [
    "cd /var/lib||exit",
    "b=/usr/local/sbin/$0",
    "[ -e $b ]||ls -d $0||exit 0", // `ls` sees a link whose disk is not mounted, too
    "$b revert $1 -|grep -z .end.:",
  ].join(";");
  return `sh -c ${shellQuote(script)} openstack-spice ${role}`;
}

/** Where programs are uploaded to, below the login user's home. */
const uploadFolder = ".openstack-spice";

/** The path of a role's upload. Each role has its own: one's upload must not meet another's check. */
function uploadPath(sha256: string, role: string): string {
  return `${uploadFolder}/${role}-${shortDigest(sha256)}`;
}

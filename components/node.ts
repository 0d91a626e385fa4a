import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs, SshArgs } from "../host/connection";
import { type Convergence, converge } from "../host/convergence";
import { type Checked, type Fault, type Release, checkNodeName } from "../nova";
import { accept } from "./faults";
import { type AgainArgs, checkAgain, noteOf, onceWhole, whole } from "./again";
import { type GuardArgs, checkGuards } from "./guards";
import { derive } from "./inputs";
import { type LoginOwner, checkConnection, checkSsh, inspectLogins } from "./logins";
import { OnDestroy, type PackagesOnDestroy } from "./onDestroy";
import { type OwnershipArgs, checkOwnership } from "./ownership";
import { type SoftwareArgs, checkSoftware } from "./software";

/** What all nodes have in common. */
export interface NodeArgs extends GuardArgs, SoftwareArgs, OwnershipArgs, AgainArgs {
  /**
   * The node's name in messages and on the node. A node with both roles has one name. 1 to 63 letters, digits, hyphens, dots and underscores.
   * @default the component's name
   */
  readonly nodeName?: string;
  /** How to reach the node. Another address is another node: the old one gets back what it had, then the new one converges. */
  readonly connection: ConnectionArgs;
  /** Defaults for the connection, shared by many nodes. @default none */
  readonly ssh?: SshArgs;
  /** The OpenStack release that the node must have; another one is refused before anything changes. @default detected on the node */
  readonly release?: Release;
  /**
   * Further console options of nova.conf, by `section/option`, such as `{ "spice/image_compression": "lz" }`. Refused are options that this package
   * does not know, sets itself, or that the release or role does not have, and secrets. @default none
   */
  readonly extraNovaOptions?: Readonly<Record<string, pulumi.Input<string>>>;
  /**
   * Whether keys of nova.conf that Nova does not read any more, such as `[spice] keymap` from 22 on, are made comments; a revert makes them keys again.
   * @default false: each run tells them
   */
  readonly removeDeadKeys?: boolean;
  /** What becomes of the node when it leaves the stack. @default OnDestroy.Restore */
  readonly onDestroy?: OnDestroy;
  /** What becomes of the packages that were installed there, when the node gets back what it had. @default PackagesOnDestroy.Keep */
  readonly packagesOnDestroy?: PackagesOnDestroy;
}

/** Faults of what all nodes have in common, as far as they are known. */
export function checkNode(name: string, args: NodeArgs): readonly Fault[] {
  return [
    ...(args.nodeName === undefined ? checkNodeName(name, "name") : checkNodeName(args.nodeName, "nodeName")),
    ...checkConnection(args.connection, "connection", args.ssh),
    ...checkSsh(args.ssh, "ssh"),
    ...checkGuards(args),
    ...checkSoftware(args),
    ...checkOwnership(args),
    ...checkAgain(args),
  ];
}

/** A component that is one role of one node. */
export interface NodeComponent<S> extends LoginOwner {
  /** The component's name. */
  readonly name: string;
  readonly role: string;
  readonly args: Pick<NodeArgs, "nodeName" | "connection" | "ssh" | "onDestroy" | "installPython" | "convergeAgain">;
  /** What the document is made of. */
  readonly settings: S;
  /** Whether the document has a secret in it. @default false */
  readonly hasSecret?: boolean;
  /** What a preview is to show of such a document. @default nothing */
  readonly note?: pulumi.Input<string> | undefined;
  /** Makes the document, once the settings are known. */
  readonly document: (settings: pulumi.Unwrap<S>) => Checked<string>;
}

/** A node's role that converges, and has done so. */
export interface Converged {
  /** The command, once the node's report is whole. */
  readonly converged: pulumi.Output<pulumi.Resource>;
  readonly report: Convergence["report"];
}

/** Registers what converges one role of one node, below the component. */
export function convergeNode<S>(node: NodeComponent<S>): Converged {
  const { component, name, subject, role, settings } = node;
  const { nodeName = name, connection, onDestroy } = node.args;
  const document = derive(settings, (known) => accept(subject, node.document(known)));
  const logins = inspectLogins([{ name: nodeName, path: "connection", connection }], node.args.ssh, node);
  const note = noteOf(node.note, node.args);
  const { command, report } = converge(
    name,
    {
      connection: logins.of(connection),
      ssh: logins.ssh,
      role,
      document: node.hasSecret === true ? pulumi.secret(document) : document,
      ...(note === undefined ? {} : { note }),
      restore: onDestroy !== OnDestroy.Keep,
      ...(node.args.installPython === true ? { installPython: true } : {}),
    },
    { parent: component, dependsOn: node.opts?.dependsOn },
  );
  return finished(command, report, { node: nodeName, role, connection, ssh: node.args.ssh }, component);
}

/** A command and its report, both once the report is whole. */
export function finished(
  command: pulumi.Resource,
  report: Convergence["report"],
  login: {
    readonly node: string;
    readonly role: string;
    readonly connection: ConnectionArgs;
    readonly ssh: SshArgs | undefined;
  },
  component: pulumi.Resource,
): Converged {
  const { node, role, connection, ssh } = login;
  const target = pulumi.interpolate`${connection.user ?? ssh?.user ?? "root"}@${connection.host}`;
  const checked = whole(
    report,
    target.apply((known) => ({ node, role, target: known })),
    component,
  );
  return { converged: onceWhole(command, checked), report: checked };
}

/**
 * The options of a node's component, without what it depends on, which is its command's: a component that waits for one that fails is an error to the
 * engine ("registration isn't pending"), while a command is skipped.
 */
export function withoutDependencies(
  opts: pulumi.ComponentResourceOptions | undefined,
): pulumi.ComponentResourceOptions | undefined {
  return opts === undefined ? undefined : { ...opts, dependsOn: undefined };
}

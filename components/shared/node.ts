import * as pulumi from "@pulumi/pulumi";
import type { DeclaredState } from "../../contract";
import type { ConnectionArgs, SshArgs } from "../../remote/connection";
import { converge, type Convergence } from "../../remote/convergence";
import type { NodeArgs } from "../args/node";
import { OnDestroy } from "../args/onDestroy";
import { noteOf, onceWhole, whole } from "./completion";
import { isPlain } from "./inputs";
import { inspectLogins, type LoginOwner, prerequisitesOf } from "./logins";

/** A component that is one role of one node. */
interface NodeComponent extends LoginOwner {
  /** The component's name. */
  readonly name: string;
  readonly role: string;
  readonly args: Pick<NodeArgs, "nodeName" | "connection" | "ssh" | "onDestroy" | "installPython" | "convergeAgain">;
  /** What the node is to be. */
  readonly state: pulumi.Input<DeclaredState>;
  /** Whether there is a secret in it. @default false */
  readonly hasSecret?: boolean;
  /** What the values come from that the node's report has. */
  readonly reported: unknown;
  /** What a preview is to show of such a state. @default nothing */
  readonly note?: pulumi.Input<string> | undefined;
}

/** A node's role that converges, and has done so. */
interface Converged {
  /** The command, once the node's report is whole. */
  readonly converged: pulumi.Output<pulumi.Resource>;
  readonly report: Convergence["report"];
}

/** Registers what converges one role of one node, below the component. */
export function convergeNode(node: NodeComponent): Converged {
  const { component, name, role, state } = node;
  const { nodeName = name, connection, onDestroy } = node.args;
  const logins = inspectLogins([{ name: nodeName, path: "connection", connection }], node.args.ssh, node);
  const note = noteOf(node.note, node.args);
  const { command, report } = converge(
    name,
    {
      connection: logins.of(connection),
      ssh: logins.ssh,
      role,
      state: node.hasSecret === true ? pulumi.secret(state) : state,
      ...(note === undefined ? {} : { note }),
      ...(isPlain(node.reported) ? {} : { reportIsSecret: pulumi.isSecret(pulumi.output(node.reported)) }),
      restore: onDestroy !== OnDestroy.Keep,
      ...(node.args.installPython === true ? { installPython: true } : {}),
    },
    { parent: component, dependsOn: node.opts?.dependsOn, prerequisites: prerequisitesOf(node.opts) },
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
 * The options of a component, without what it depends on, which all below it depends on instead: a component that waits for one that fails is an error to the
 * engine ("registration isn't pending"), while a command is skipped.
 */
export function withoutDependencies(
  opts: pulumi.ComponentResourceOptions | undefined,
): pulumi.ComponentResourceOptions | undefined {
  return opts === undefined ? undefined : { ...opts, dependsOn: undefined };
}

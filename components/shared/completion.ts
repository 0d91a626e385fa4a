import * as pulumi from "@pulumi/pulumi";
import type { NodeReport } from "../../contract/report";
import type { AgainArgs } from "../args/node";
import { messageAlone } from "../validation/errors";

/** The words of a command line that nothing reads, and whose change is an update: a certificate's mark, and what has the node converge again. */
export function noteOf(
  mark: pulumi.Input<string> | undefined,
  { convergeAgain }: AgainArgs,
): pulumi.Input<string> | undefined {
  if (mark === undefined || convergeAgain === undefined) {
    return mark ?? convergeAgain;
  }
  return pulumi.interpolate`${mark} ${convergeAgain}`;
}

/** A node that was logged in to. */
interface Login {
  /** The node's name in messages. */
  readonly node: string;
  readonly role: string;
  /** `user@host`, as far as it is known. */
  readonly target: string;
}

/**
 * The report of a node whose run came to its end, which its end mark says. A login that runs nothing, as with `[ -t 0 ] || exit 0` in a shell's start file,
 * succeeds without a word, and so does one that is cut off: neither counts as converged, in this `up` and in each later one until the node has converged.
 * In a preview it is a warning, since the `up` that follows may converge the node again.
 *
 * @throws Error, in the output, where it has not
 */
export function whole(
  report: pulumi.Output<NodeReport>,
  login: pulumi.Input<Login>,
  component: pulumi.Resource,
): pulumi.Output<NodeReport> {
  return pulumi.all([report, login]).apply(([known, { node, role, target }]) => {
    if (known.incomplete !== true) {
      return known;
    }
    const message =
      `${node} (${role}): the login succeeded, but the program did not run to its end there: its report has no end mark, or not all that the mark counts. ` +
      `See that \`ssh ${target} echo ok\` prints ok, and nothing that the login shell's start files (.bashrc, .profile) do ends it. ` +
      "Then have the nodes converge again: give convergeAgain another value (pulumi config set convergeAgain $(date +%F.%T)), and run pulumi up.";
    if (pulumi.runtime.isDryRun()) {
      void pulumi.log.warn(message, component);
      return known;
    }
    throw messageAlone(new pulumi.RunError(message));
  });
}

/**
 * A resource that counts as done once the node's report is whole: what depends on it waits for that, and does not go on where it is not. In a preview there
 * is no report yet, and the resource is all there is to wait for.
 */
export function onceWhole(
  resource: pulumi.Resource,
  report: pulumi.Output<NodeReport>,
): pulumi.Output<pulumi.Resource> {
  return pulumi.runtime.isDryRun() ? pulumi.output(resource) : report.apply(() => resource);
}

import { controllerDocument } from "../../host/support/documents";
import { type Faults, untilThere } from "../../host/support/injection";
import { converge } from "../../host/support/program";
import type { FaultCase } from "../support/faultCase";

const ROLE = "/var/lib/openstack-spice/roles/controller";

/** Expects how a run ends. */
async function expecting(
  status: number,
  message: RegExp,
  run: Promise<{ status: number; stderr: string }>,
): Promise<void> {
  const outcome = await run;
  if (outcome.status !== status || !message.test(outcome.stderr)) {
    throw new Error(
      `it was to end with ${status} and ${message}, and ended with ${outcome.status}:\n${outcome.stderr}`,
    );
  }
}

/** A record that something happened to is refused, and read again when it is as it was. */
const damaged = (name: string, damage: string): FaultCase => ({
  name,
  befall: async (node) => {
    await node.converge();
    await node.root(`cp -a ${ROLE}/record /root/record; ${damage}`);
    await expecting(3, /is damaged|is not a record/, node.converge());
    await node.root(`cp -a /root/record ${ROLE}/record; rm /root/record`);
  },
  alone: "converged",
});

/** Other people, other runs, and what they do to us. */
export const others: readonly FaultCase[] = [
  {
    name: "two runs for the same state at once",
    befall: async (node) => {
      await Promise.all([expecting(0, /^/, node.converge({}, { user: "ops" })), expecting(0, /^/, node.converge())]);
    },
    alone: "converged",
  },
  {
    name: "two runs for different states at once",
    befall: async (node) => {
      const other = `${node.document}\n`;
      await Promise.all([expecting(0, /^/, node.converge()), expecting(0, /^/, converge(node.node, other))]);
    },
    alone: "converged",
  },
  {
    name: "a run and a revert at once",
    befall: async (node) => {
      await node.converge();
      // The revert goes on once the other run has seen it.
      const run = `touch /run/reverting; ${untilThere("/run/seen")}`;
      const reverting = node.revert({ at: [{ point: "transition", when: "after", run }] });
      await node.until("/run/reverting");
      let reported = "";
      const onOutput = (text: string) => {
        reported += text;
        if (reported.includes("another run is at work")) {
          void node.node.run("touch /run/seen");
        }
      };
      await expecting(0, /another run is at work/, converge(node.node, node.document, { onOutput }));
      await reverting;
    },
    alone: "converged",
  },
  {
    name: "a second stack on the node",
    befall: async (node) => {
      await node.converge();
      const document = controllerDocument(node.node.name, { owner: "acme/openstack-spice/other" });
      await expecting(3, /the stack 'acme\/openstack-spice\/test' already manages/, converge(node.node, document));
    },
    alone: "converged",
  },
  {
    name: "sudo revoked on the way",
    befall: async (node) => {
      const revoke = "mv /etc/sudoers.d /root/sudoers.d";
      const run = (faults: Faults) => node.converge(faults, { user: "ops" });
      await expecting(0, /^/, run({ at: [{ point: "journal", when: "before", run: revoke }] }));
      await expecting(3, /sudo does not let ops become root/, run({}));
      await node.root("mv /root/sudoers.d /etc/sudoers.d");
    },
    alone: "converged",
  },
  damaged(
    "its record truncated",
    `head -c -20 ${ROLE}/record >/root/short; cat /root/short >${ROLE}/record; rm /root/short`,
  ),
  damaged("its record garbage", `head -c 4096 /dev/urandom >${ROLE}/record`),
  {
    name: "its journal cut off within a line",
    befall: async (node) => {
      const run = `head -c -9 ${ROLE}/journal >/root/cut; cat /root/cut >${ROLE}/journal; rm /root/cut`;
      await node.converge({
        at: [{ point: "journal", when: "after", count: 3, run, then: "kill" }],
        without: ["watchdog"],
      });
    },
    alone: "between",
  },
  {
    name: "the node's own command puts it back, and nobody knows in Pulumi's state",
    befall: async (node) => {
      await node.converge();
      await node.root("/usr/local/sbin/openstack-spice revert controller");
    },
    alone: "as it was",
  },
];

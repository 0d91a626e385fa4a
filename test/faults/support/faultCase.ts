import { hostProgram } from "../../../remote/program";
import type { LabNode, Outcome } from "../../support/lab";
import { eventually } from "../../support/eventually";
import { controllerDocument } from "../../host/support/documents";
import { type Faults, testProgram } from "../../host/support/injection";
import { converge, revert, setWayBack } from "../../host/support/program";
import { type Snapshot, snapshot } from "../../host/support/snapshot";

/** What a node is like: as before the first run, with SPICE consoles, or somewhere between, which only a run's journal may say. */
export type NodeState = "as it was" | "converged" | "between";

/** A kind of node that faults befall: the lab's layer, and how the platform calls the proxies' units. */
export interface Platform {
  readonly layer: string;
  readonly spiceUnit: string;
  readonly novncUnit: string;
  /** Shell text for root without which it cannot be converged. */
  readonly prepare: string;
}

export const debian12: Platform = {
  layer: "proxy",
  spiceUnit: "nova-spicehtml5proxy",
  novncUnit: "nova-novncproxy",
  prepare: ":",
};
export const el9Like: Platform = {
  layer: "el9-like",
  spiceUnit: "openstack-nova-spicehtml5proxy",
  novncUnit: "openstack-nova-novncproxy",
  // The repository that has the web client.
  prepare: "sed -i s/enabled=0/enabled=1/ /etc/yum.repos.d/copr.repo",
};

/** A fault that befalls a node with noVNC while it is converged or reverted. */
export interface FaultCase {
  /** What happens, in a few words; names are unique. */
  readonly name: string;
  /** @default debian12 */
  readonly platform?: Platform;
  /** Shell text for root that makes the node fit for it, before anything else. */
  readonly prepare?: string;
  /** What a run installs on the prepared node stays when it is reverted. @default false */
  readonly installs?: boolean;
  /** Brings the fault about; resolves when it is over, and what brought it about is gone. */
  readonly befall: (node: FaultNode) => Promise<void>;
  /** What the node is like then, before any other command. */
  readonly alone: NodeState;
}

/** A node on which a fault is tried. */
export class FaultNode {
  readonly document: string;
  constructor(readonly node: LabNode) {
    this.document = controllerDocument(node.name);
  }

  /** Runs shell text as root. @throws where it fails */
  async root(command: string, input = ""): Promise<string> {
    return await this.node.read(command, input);
  }

  /** Converges, by a program in which that happens. */
  async converge(faults: Faults = {}, options: { user?: string; signal?: AbortSignal } = {}): Promise<Outcome> {
    return await converge(this.node, this.document, { ...options, program: programWith(faults) });
  }

  /** Reverts by the program that converged, or by one in which that happens, which goes when it has ended. */
  async revert(faults: Faults = {}, signal?: AbortSignal): Promise<Outcome> {
    const program = programWith(faults);
    if (program === hostProgram()) {
      return await revert(this.node, "controller");
    }
    await setWayBack(this.node, "controller", program);
    const outcome = await revert(this.node, "controller", signal === undefined ? {} : { signal });
    const link = await this.node.run("readlink /var/lib/openstack-spice/roles/controller/program");
    if (link.stdout.includes(program.sha256)) {
      await setWayBack(this.node, "controller");
    }
    return outcome;
  }

  /** Waits until a file is there, which shell text in the program makes. */
  async until(file: string): Promise<void> {
    await eventually(
      `${this.node.name} has ${file}`,
      60,
      async () => (await this.node.run(`test -e ${file}`)).status === 0 || undefined,
    );
  }

  /** Waits until no run is at work on the node, as when its caller was cut off. */
  async untilAtRest(): Promise<void> {
    await eventually(`no run is at work on ${this.node.name}`, 120, async () => {
      const { status, stdout } = await this.node.run(
        "systemctl list-units --no-legend --state=active,activating,deactivating 'openstack-spice*.service'",
      );
      return (status === 0 && stdout === "") || undefined;
    });
  }
}

/** The project's own program where nothing is to happen. */
function programWith(faults: Faults) {
  return Object.keys(faults).length === 0 ? hostProgram() : testProgram(faults);
}

/** What is seen of a case, for the table. */
interface Proof {
  readonly alone: NodeState;
  /** The state after the next `converge`, and how that one ended. */
  readonly next: NodeState;
  readonly nextStatus: number;
  /** What differs from the node before the first run after a `revert`; empty where nothing does. */
  readonly left: readonly string[];
  /** Starts of a Nova service on a nova.conf that is neither the former nor the converged one. */
  readonly halfStarts: number;
}

/** Notes the nova.conf that each start of a console proxy finds, also at boot. */
const watch = ({ novncUnit, spiceUnit }: Platform) => `
for unit in ${novncUnit} ${spiceUnit}; do
  mkdir -p /etc/systemd/system/$unit.service.d
  printf '[Service]\\nExecStartPre=+/bin/sh -c "sha256sum </etc/nova/nova.conf >>/var/tmp/starts"\\n' >/etc/systemd/system/$unit.service.d/site.conf
done
systemctl daemon-reload`;

const DIGEST = "sha256sum </etc/nova/nova.conf";

/** Lets a fault befall a fresh node, and looks at the node: as it is left, after the next run, and after a revert. */
export async function prove(node: LabNode, given: FaultCase, convergedConf: string): Promise<Proof> {
  const { platform = debian12 } = given;
  await node.reset();
  const faulty = new FaultNode(node);
  await faulty.root(`${platform.prepare}\n${given.prepare ?? ":"}\n${watch(platform)}`);
  const formerConf = await faulty.root(DIGEST);
  const before = await snapshot(node);
  const state = async (): Promise<NodeState> => {
    const now = await snapshot(node);
    if (now.own.some((path) => /\/(journal|unfinished)$/.test(path))) {
      return "between";
    }
    const conf = await faulty.root(DIGEST);
    const serves = now.units[`${platform.spiceUnit}.service`] === "enabled active";
    if (conf === convergedConf && serves && now.own.some((path) => path.endsWith("/record"))) {
      return "converged";
    }
    // What a killed run left of its own in /run and beside its records is no part of the node's state; the next run clears it.
    return differences(before, { ...now, own: before.own }).length === 0 ? "as it was" : "between";
  };
  await given.befall(faulty);
  const alone = await state();
  const { status } = await faulty.converge();
  const next = await state();
  await faulty.revert();
  const after = await snapshot(node);
  const starts = (await faulty.root("cat /var/tmp/starts")).trimEnd().split("\n");
  return {
    alone,
    next,
    nextStatus: status,
    left: differences(before, given.installs === true ? withoutInstalled(before, after) : after),
    halfStarts: starts.filter((digest) => ![formerConf, convergedConf].includes(`${digest}\n`)).length,
  };
}

/** A snapshot without the packages that were installed since `before`, and their units, which stay switched off. */
function withoutInstalled(before: Snapshot, after: Snapshot): Snapshot {
  const stays = ([unit, state]: readonly [string, string]) => unit in before.units || state !== "disabled inactive";
  return { ...after, packages: before.packages, units: Object.fromEntries(Object.entries(after.units).filter(stays)) };
}

/** What differs between two snapshots but for processes, whose services a fault may well have restarted. */
export function differences(before: Snapshot, after: Snapshot): readonly string[] {
  const found: string[] = [];
  for (const path of new Set([...Object.keys(before.etc), ...Object.keys(after.etc)])) {
    if (before.etc[path] !== after.etc[path]) {
      found.push(path);
    }
  }
  for (const key of ["units", "rules", "own", "packages"] as const) {
    if (JSON.stringify(before[key]) !== JSON.stringify(after[key])) {
      found.push(`${key}: ${JSON.stringify(before[key])} -> ${JSON.stringify(after[key])}`);
    }
  }
  return found;
}

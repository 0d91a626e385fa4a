/**
 * `npm run bench:node`: what a converge costs on a real node.
 *
 * Processes and CPU time are the whole machine's, from /proc/stat, over RUNS runs, less RUNS of `ssh true`: run it on an idle machine. It prints the
 * machine's own load while nothing runs as well, so that a busy machine shows.
 */
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { type ComputeState, type ControllerState, renderDesiredState } from "../contract";
import { convergeCommand } from "../remote/convergence";
import { hostProgram } from "../remote/program";
import { bootQueuedCompute } from "../test/host/support/compute";
import { computeDocument, controllerDocument } from "../test/host/support/documents";
import { converge, revert } from "../test/host/support/program";
import { LabNode } from "../test/support/lab";

const RUNS = Number(process.env["OPENSTACK_SPICE_BENCH_RUNS"] ?? 20);

interface Usage {
  readonly cpu: number;
  readonly processes: number;
}

/** Seconds of CPU time that all processors of this machine were busy, and processes that were made, since it started. */
function usage(): Usage {
  const text = readFileSync("/proc/stat", "utf8");
  const [, user, nice, system, , , irq, softirq] = (/^cpu .*/m.exec(text)?.[0] ?? "").split(/\s+/).map(Number);
  const processes = Number(/^processes (\d+)/m.exec(text)?.[1]);
  return { cpu: ((user ?? 0) + (nice ?? 0) + (system ?? 0) + (irq ?? 0) + (softirq ?? 0)) / 100, processes };
}

const nothingUsed: Usage = { cpu: 0, processes: 0 };

/** What one use and another take, and the other one `times`. */
function sum(one: Usage, other: Usage, times = 1): Usage {
  return { cpu: one.cpu + times * other.cpu, processes: one.processes + times * other.processes };
}

/** What was used while something is done. */
async function spent(work: () => Promise<void>): Promise<Usage> {
  const before = usage();
  await work();
  return sum(usage(), before, -1);
}

/** Usage of one run, on average over {@link RUNS}. */
async function measured(run: () => Promise<void>): Promise<Usage> {
  const all = await spent(async () => {
    for (let index = 0; index < RUNS; index++) {
      await run();
    }
  });
  return sum(nothingUsed, all, 1 / RUNS);
}

/** What one use takes beyond another. */
function beyond(one: Usage, other: Usage): string {
  return `${(one.cpu - other.cpu).toFixed(2).padStart(6)} s CPU ${(one.processes - other.processes).toFixed(1).padStart(7)} processes`;
}

/**
 * What one thing takes beyond another, on average over {@link RUNS}, each time one after the other: a machine's speed can change within minutes.
 * @param settle comes between them, and is not counted
 */
async function measuredBeyond(
  one: (index: number) => Promise<void>,
  other: () => Promise<void>,
  settle: (index: number) => Promise<void>,
): Promise<string> {
  let [ones, others] = [nothingUsed, nothingUsed];
  for (let index = 0; index < RUNS; index++) {
    others = sum(others, await spent(other), 1 / RUNS);
    await settle(index);
    ones = sum(ones, await spent(() => one(index)), 1 / RUNS);
  }
  return `${beyond(ones, others)}, where that takes ${others.cpu.toFixed(2)} s`;
}

/** A converge, by the engine's command line, that has to end well. The program is there: the engine uploads it once. */
async function good(node: LabNode, role: string, document: string): Promise<void> {
  const { status, stderr } = await node.run(convergeCommand(hostProgram().sha256, role), { input: document });
  if (status !== 0) {
    throw new Error(`${node.name}: ended with ${status}:\n${stderr}`);
  }
}

/**
 * Shell text that restarts a service, and gives it the time that a converge gives it: until it does its work, and as long after that as the program
 * looks on. What it takes is the service's own.
 * @param socket its socket in /proc/net/tcp, from the port on
 */
function restarted(unit: string, socket: string): string {
  return `systemctl restart ${unit}; until [[ $(</proc/net/tcp) == *${socket}* ]]; do sleep 0.5; done; sleep 5`;
}

/** One role on one node. */
async function bench(
  title: string,
  node: LabNode,
  role: string,
  documents: readonly [string, string],
  restarted: string,
): Promise<void> {
  const nothing = await measured(async () => {
    await node.read("true");
  });
  await converge(node, documents[0]);
  const same = await measured(async () => {
    await good(node, role, documents[0]);
  });
  console.log(`${title}, a converge that changes nothing:   ${beyond(same, nothing)}`);
  const forgotten = await measured(async () => {
    await node.read("touch /etc/nova/nova.conf");
    await good(node, role, documents[0]);
  });
  console.log(`${title}, the same after nova.conf's time changed: ${beyond(forgotten, nothing)}`);
  const changed = await measuredBeyond(
    async (index) => {
      await good(node, role, documents[(index + 1) % 2] ?? "");
    },
    async () => {
      await node.read(restarted);
    },
    // What the service that somebody else restarted reads is asked for once.
    async (index) => {
      await good(node, role, documents[index % 2] ?? "");
    },
  );
  console.log(`${title}, one changed option beyond a restart:    ${changed}`);
  await revert(node, role);
}

/** A document with 100 options more. */
function withOptions(document: string): string {
  const state = JSON.parse(document) as ControllerState | ComputeState;
  const options = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`option_${index}`, `${index}`]));
  return renderDesiredState({ ...state, "nova.conf": { ...state["nova.conf"], openstack_spice_bench: options } });
}

/** A converge that changes nothing, on a node that has much of everything. */
async function benchMany(title: string, node: LabNode, role: string, document: string): Promise<void> {
  const many = withOptions(document);
  await converge(node, many);
  const nothing = await measured(async () => {
    await node.read("true");
  });
  const same = await measured(async () => {
    await good(node, role, many);
  });
  console.log(`${title}, a converge that changes nothing:   ${beyond(same, nothing)}`);
  await revert(node, role);
}

/** 500 rules of nftables, in a chain that refuses what none of them accepts. */
async function addRules(node: LabNode): Promise<void> {
  const rules = Array.from({ length: 500 }, (_, index) => `ip saddr 198.51.100.7 tcp dport ${10000 + index} accept\n`);
  const chain =
    "type filter hook input priority 0; policy drop;\nct state established accept\niif lo accept\ntcp dport 22 accept";
  await node.read(
    "cat >/etc/nftables.conf && systemctl enable --quiet nftables && systemctl restart nftables",
    `#!/usr/sbin/nft -f\nflush ruleset\ntable inet filter {\nchain input {\n${chain}\n${rules.join("")}}\n}\n`,
  );
}

/** 50 guests that run, each with a SPICE and a VNC console; their processors are stopped. */
async function addGuests(node: LabNode): Promise<void> {
  await node.read(
    `for number in $(seq 50); do
       cat >/run/guest.xml <<XML
<domain type='qemu'><name>bench-$number</name><memory unit='MiB'>1</memory><os><type arch='x86_64'>hvm</type></os>
<devices><graphics type='spice' autoport='yes'/><graphics type='vnc' autoport='yes'/></devices></domain>
XML
       virsh --connect qemu:///system create --paused /run/guest.xml >/dev/null
     done`,
  );
}

async function main(): Promise<void> {
  const idle = await spent(() => pause(5000));
  console.log(`${RUNS} runs each. This machine in 5 s of nothing: ${beyond(idle, nothingUsed)}.`);
  const controller = await LabNode.boot("bench-n", "proxy");
  try {
    const document = (port: number) => controllerDocument("bench-n", { html5proxyPort: port });
    await bench(
      "controller",
      controller,
      "controller",
      [document(6082), document(6083)],
      restarted("nova-spicehtml5proxy", "':17C'[23]' 00000000:0000 0A'"), // it listens on 6082 or 6083
    );
    await addRules(controller);
    await benchMany(
      "controller, 500 rules, 100 options more",
      controller,
      "controller",
      controllerDocument("bench-n", { allowedSources: ["203.0.113.0/24"] }),
    );
  } finally {
    await controller.remove();
  }
  const queued = await bootQueuedCompute("bench-q");
  try {
    const document = (agentEnabled: boolean) =>
      computeDocument(queued.compute.name, { agentEnabled, acceptPendingChanges: true });
    await bench(
      "compute",
      queued.compute,
      "compute",
      [document(true), document(false)],
      restarted("nova-compute", "':1628 01 '"),
    ); // it is connected to 5672
    await addGuests(queued.compute);
    await benchMany("compute, 50 guests, 100 options more", queued.compute, "compute", document(true));
  } finally {
    await queued.compute.remove();
    await queued.controller.remove();
  }
}

void main();

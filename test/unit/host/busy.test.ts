import { describe, expect, it } from "vitest";
import { nodeFunction, runsHere } from "../../support/nodeFunctions";

/** What libvirt says of a guest that is at work, and how the program understands it: the lab migrates no guest. */

const GUEST = "5b1ce000-0000-4000-8000-00000000000a";

/** A node with one guest; by their commands, what virsh answers. */
function work(answers: { readonly domstate: string; readonly domjobinfo?: string; readonly blockjob?: string }) {
  const { domstate, domjobinfo = "Job type:         None\n", blockjob = "" } = answers;
  return nodeFunction("libvirt/work", { guest: GUEST, domstate, domjobinfo, blockjob });
}

describe.skipIf(!runsHere)("a guest (needs Python 3.6 here)", () => {
  it.each([
    ["leaves", "running (booted)\n", "Job type:         Unbounded   \nOperation:        Outgoing migration\n"],
    ["leaves, by an old libvirt", "paused (migrating)\n", "Job type:         Unbounded   \n"],
  ])("that %s for another compute is work", (_, domstate, domjobinfo) => {
    const state = domstate.includes("migrating") ? [`guest ${GUEST} is paused (migrating)`] : [];
    const job = domjobinfo.includes("Operation") ? "Outgoing migration" : "Unbounded";
    // One thing is enough to wait for.
    expect(work({ domstate, domjobinfo })).toEqual([...state, `guest ${GUEST} has a job: ${job}`].slice(0, 1));
  });

  it.each([
    ["comes from another compute", "paused (migrating)"],
    ["came from another compute, which sends its memory still", "running (post-copy)"],
    ["waits for its memory", "paused (post-copy failed)"],
    ["is saved", "paused (saving)"],
    ["has a snapshot taken", "paused (creating snapshot)"],
    ["is dumped", "paused (dumping)"],
    ["starts", "paused (starting up)"],
    ["is on its way down", "in shutdown (user)"],
    ["is on its way down, stopped already", "paused (shutting down)"],
  ])("that %s is work", (_, state) => {
    expect(work({ domstate: `${state}\n\n` })).toEqual([`guest ${GUEST} is ${state}`]);
  });

  it("whose disk is copied is work", () => {
    const blockjob = " type=Block Commit\n bandwidth=0\n cur=1\n end=9\n";
    expect(work({ domstate: "running (booted)\n", blockjob })).toEqual([
      `disk vda of guest ${GUEST} has a job: Block Commit`,
    ]);
  });

  it.each([
    "running (booted)",
    "running (migrated)",
    "running (from snapshot)",
    "running (migration canceled)",
    "running (save canceled)",
    "running (restored)",
    "paused (user)",
    "paused (I/O error)",
  ])("that is %s is none", (state) => {
    expect(work({ domstate: `${state}\n` })).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { bash42, runInBash } from "./support";

/** What libvirt says of a guest that is at work, and how the program understands it: the lab migrates no guest. */

const GUEST = "5b1ce000-0000-4000-8000-00000000000a";

/** A node with one guest; by their commands, what virsh answers. */
function work(answers: { readonly domstate: string; readonly domjobinfo?: string; readonly blockjob?: string }) {
  const { domstate, domjobinfo = "Job type:         None\n", blockjob = "" } = answers;
  const { status, stdout, stderr } = runInBash(
    `virsh_read() {
       case $1 in
         list) echo ${GUEST} ;;
         domblklist) printf ' Target   Source\\n-----\\n vda      /var/lib/nova/instances/x/disk\\n' ;;
         *) cat "$1" ;;
       esac
     }
     work_of_libvirt`,
    { domstate, domjobinfo, blockjob },
  );
  expect([status, stderr]).toEqual([0, ""]);
  return stdout;
}

describe.skipIf(!bash42)("a guest (needs bash 4.2 here)", () => {
  it.each([
    ["leaves", "running (booted)\n", "Job type:         Unbounded   \nOperation:        Outgoing migration\n"],
    ["leaves, by an old libvirt", "paused (migrating)\n", "Job type:         Unbounded   \n"],
  ])("that %s for another compute is work", (_, domstate, domjobinfo) => {
    const state = domstate.includes("migrating") ? `guest ${GUEST} is paused (migrating)\n` : "";
    const job = domjobinfo.includes("Operation") ? "Outgoing migration" : "Unbounded";
    expect(work({ domstate, domjobinfo })).toBe(`${state}guest ${GUEST} has a job: ${job}\n`);
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
    expect(work({ domstate: `${state}\n\n` })).toBe(`guest ${GUEST} is ${state}\n`);
  });

  it("whose disk is copied is work", () => {
    const blockjob = " type=Block Commit\n bandwidth=0\n cur=1\n end=9\n";
    expect(work({ domstate: "running (booted)\n", blockjob })).toBe(
      `disk vda of guest ${GUEST} has a job: Block Commit\n`,
    );
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
    expect(work({ domstate: `${state}\n` })).toBe("");
  });
});

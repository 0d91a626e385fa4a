import { afterAll, beforeAll } from "vitest";
import { LabNode } from "./lab";

/** A node of the lab for the tests of a file, or of a `describe`: it is booted with a fresh disk before them, and taken away after them. */
export function nodeForTests(name: string, layer: string): LabNode {
  const node = LabNode.named(name);
  beforeAll(async () => {
    await LabNode.boot(name, layer);
  });
  afterAll(async () => {
    await node.remove();
  });
  return node;
}

import * as pulumi from "@pulumi/pulumi";
import { type Fault, shown } from "../../nova";
import { isPlain } from "../shared/inputs";

/** Faults of a group's id, where it is known. An empty one would be the project's default group to some clients. */
export function checkSecurityGroupId(id: pulumi.Input<string>, path: string): readonly Fault[] {
  return isPlain(id) && id.trim() === ""
    ? [{ path, reason: `${shown(id)} is no security group. Give the group's id, or leave it out.` }]
    : [];
}

export function checkPorts(first: pulumi.Input<number>, last: pulumi.Input<number>): readonly Fault[] {
  const isPort = (port: pulumi.Input<number>) =>
    !isPlain(port) || (Number.isInteger(port) && port >= 1 && port <= 65535);
  const rule = "is not a TCP port. Give a whole number from 1 to 65535.";
  const faults: Fault[] = [];
  if (!isPort(first)) {
    faults.push({ path: "port", reason: `${shown(first)} ${rule}` });
  }
  if (!isPort(last) && last !== first) {
    faults.push({ path: "lastPort", reason: `${shown(last)} ${rule}` });
  }
  if (faults.length === 0 && isPlain(first) && isPlain(last) && last < first) {
    faults.push({ path: "lastPort", reason: `${last} is before port ${first}. Give the last port of the range.` });
  }
  return faults;
}

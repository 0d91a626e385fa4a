import * as pulumi from "@pulumi/pulumi";
import { type ValidationError, shown } from "../../nova";
import { isPlain } from "../shared/inputs";

/** Validation errors of a group's id, where it is known. An empty one would be the project's default group to some clients. */
export function checkSecurityGroupId(id: pulumi.Input<string>, path: string): readonly ValidationError[] {
  return isPlain(id) && id.trim() === ""
    ? [{ path, reason: `${shown(id)} is no security group. Give the group's id, or leave it out.` }]
    : [];
}

export function checkPorts(first: pulumi.Input<number>, last: pulumi.Input<number>): readonly ValidationError[] {
  const isPort = (port: pulumi.Input<number>) =>
    !isPlain(port) || (Number.isInteger(port) && port >= 1 && port <= 65535);
  const rule = "is not a TCP port. Give a whole number from 1 to 65535.";
  const errors: ValidationError[] = [];
  if (!isPort(first)) {
    errors.push({ path: "port", reason: `${shown(first)} ${rule}` });
  }
  if (!isPort(last) && last !== first) {
    errors.push({ path: "lastPort", reason: `${shown(last)} ${rule}` });
  }
  if (errors.length === 0 && isPlain(first) && isPlain(last) && last < first) {
    errors.push({ path: "lastPort", reason: `${last} is before port ${first}. Give the last port of the range.` });
  }
  return errors;
}

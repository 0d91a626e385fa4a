import { type ValidationError, checkWords } from "./validationError";

/** A tool that can manage Nova on a node, and would undo what is changed there. */
export enum ConfigurationManagementTool {
  Ansible = "ansible",
  Chef = "chef",
  Juju = "juju",
  Kolla = "kolla",
  OpenstackAnsible = "openstack-ansible",
  Pacemaker = "pacemaker",
  Puppet = "puppet",
  Salt = "salt",
  Snap = "snap",
  TripleO = "tripleo",
}

/** Validation errors of a list of tools, from wherever it comes. */
export function checkConfigurationManagement(tools: readonly string[], path: string): readonly ValidationError[] {
  return checkWords(tools, Object.values(ConfigurationManagementTool), path, "tool that is looked for");
}

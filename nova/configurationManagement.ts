import { type ValidationError, checkWords } from "./validationError";

/** A tool that can manage Nova on a node, and would undo what is changed there. */
export enum ConfigurationManagementTool {
  /** Ansible, by itself. */
  Ansible = "ansible",
  /** Chef, or Cinc. */
  Chef = "chef",
  /** Juju, and its charms. */
  Juju = "juju",
  /** Kolla, which runs Nova in containers. */
  Kolla = "kolla",
  /** OpenStack-Ansible. */
  OpenstackAnsible = "openstack-ansible",
  /** Pacemaker, which starts and stops services of a cluster. */
  Pacemaker = "pacemaker",
  /** Puppet. */
  Puppet = "puppet",
  /** Salt. */
  Salt = "salt",
  /** A snap that has Nova in it, such as MicroStack. */
  Snap = "snap",
  /** TripleO, or its successor EDPM. */
  TripleO = "tripleo",
}

/** Validation errors of a list of tools, from wherever it comes. */
export function checkConfigurationManagement(tools: readonly string[], path: string): readonly ValidationError[] {
  return checkWords(tools, Object.values(ConfigurationManagementTool), path, "tool that is looked for");
}

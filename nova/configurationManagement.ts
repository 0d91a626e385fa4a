import { type ValidationError, shown } from "./validationError";

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
export function checkConfigurationManagement(managers: readonly string[], path: string): readonly ValidationError[] {
  const known: readonly string[] = Object.values(ConfigurationManagementTool);
  return managers.flatMap((manager, index) =>
    known.includes(manager) && managers.indexOf(manager) === index
      ? []
      : [
          {
            path: `${path}[${index}]`,
            reason: known.includes(manager)
              ? `${shown(manager)} is there twice. Take one out.`
              : `${shown(manager)} is no tool that is looked for. Give one of ${known.join(", ")}.`,
          },
        ],
  );
}

import * as pulumi from "@pulumi/pulumi";
import {
  type Fault,
  type PackageRepository,
  type RecipeSwitch,
  Release,
  checkRecipe,
  recipeWays,
  repositoryFile,
  repositoryRisks,
} from "../nova";

/** Where packages come from, and in what the recipe's way is taken in the place of ours. */
export interface SoftwareArgs {
  /**
   * A repository of yum's or dnf's that the nodes are told of before anything is installed, such as EPEL 7, which has the web client of CentOS 7. Its file
   * goes with the last role, and a key that was brought with it. Not for Debian and Ubuntu. @default none
   */
  readonly packageRepository?: PackageRepository;
  /** Ways of the recipe that this project started from, each named, and warned of with what it costs. @default none: ours */
  readonly recipe?: readonly RecipeSwitch[];
  /**
   * Whether Python 3, in which the program that runs on a node is written, is installed where a node has none, as CentOS 7: by yum, and only where no other
   * package changes with it. It stays when the node gets back what it had. @default false: such a node is refused
   */
  readonly installPython?: boolean;
}

/** The arguments that are given, without keys that are not. */
export function softwareOf({ packageRepository, recipe, installPython }: SoftwareArgs): SoftwareArgs {
  return {
    ...(packageRepository === undefined ? {} : { packageRepository }),
    ...(recipe === undefined ? {} : { recipe }),
    ...(installPython === undefined ? {} : { installPython }),
  };
}

/** Everything that is wrong with it. */
export function checkSoftware({ packageRepository, recipe = [] }: SoftwareArgs): readonly Fault[] {
  return [
    ...(packageRepository === undefined ? [] : repositoryFile(packageRepository, "packageRepository").faults),
    ...checkRecipe(recipe, "recipe"),
  ];
}

/** Warns of what is risked with it: the repository's, and of each way of the recipe's its cost. */
export function warnOfSoftware({ packageRepository, recipe = [] }: SoftwareArgs, component: pulumi.Resource): void {
  const risks = packageRepository === undefined ? [] : repositoryRisks(packageRepository, "packageRepository");
  const costs = recipe.flatMap((name) => {
    const { row, way, cost } = recipeWays[name];
    return cost === undefined
      ? []
      : [`recipe has ${name} (row ${row}): ${way}. What it costs: ${cost}. Take it out for our own way.`];
  });
  for (const text of [...risks, ...costs]) {
    void pulumi.log.warn(text, component);
  }
}

/** What of the guests' settings is warned of. */
export interface RiskyGuestArgs {
  readonly acceptConsoleLoss?: pulumi.Input<boolean> | undefined;
  readonly agentEnabled?: pulumi.Input<boolean> | undefined;
  readonly serverListenEverywhere?: pulumi.Input<boolean> | undefined;
  readonly release?: Release | undefined;
  readonly extraNovaOptions?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
}

/** Warns of settings of the guests' consoles that are allowed, and cost something. */
export function warnOfGuests(guests: RiskyGuestArgs, component: pulumi.Resource): void {
  const { acceptConsoleLoss, agentEnabled, serverListenEverywhere, release, extraNovaOptions = {} } = guests;
  const warnings = [
    acceptConsoleLoss === true &&
      "acceptConsoleLoss is true: with vnc off, a running guest has no console at all until its hard reboot. Go by way of vnc alongside to spare them that.",
    serverListenEverywhere === true &&
      "serverListenEverywhere is true: guests' consoles have no password, and listen on every address of a compute, its outer ones too. Leave it out, and they listen on serverProxyclientAddress.",
    agentEnabled === true &&
      release !== undefined &&
      release <= Release.Ocata &&
      "agentEnabled is true: Nova before 14.0.5 and 15.0.1 makes the agent's channel of the wrong type (https://launchpad.net/bugs/1634495), and takes the USB tablet away with it, so that guests without VNC have a pointer that drifts. Leave it out.",
    extraNovaOptions["spice/keymap"] !== undefined &&
      "extraNovaOptions.computes has spice/keymap: it spoils the keyboards of users who have another one (https://launchpad.net/bugs/1682020). Take it out.",
  ];
  for (const text of warnings) {
    if (text !== false) {
      void pulumi.log.warn(text, component);
    }
  }
}

import * as pulumi from "@pulumi/pulumi";
import { parseCidrs, recipeBehaviours, Release, repositoryRisks } from "../../nova";
import type { SoftwareArgs } from "../args/node";

/** Warns where nobody was named, or everybody, to reach the proxy. @param path where the sources stand in the arguments */
export function warnOfSources(sources: readonly string[] | undefined, path: string, component: pulumi.Resource): void {
  if (sources === undefined) {
    void pulumi.log.warn(
      `${path} is left out: the firewalls of the controllers are left alone. Name the CIDR blocks that may open consoles, or [] for nobody.`,
      component,
    );
  }
  const everyone = (parseCidrs(sources ?? [], path).value ?? []).find((cidr) => cidr.everyone);
  if (everyone !== undefined) {
    void pulumi.log.warn(
      `${path} names ${everyone.text}: everybody may connect to the proxy, and needs just a token of a console. Name the blocks of your users.`,
      component,
    );
  }
}

/** Warns of what is risked with it: the repository's, and of each behaviour of the recipe its cost. */
export function warnOfSoftware({ packageRepository, recipe = [] }: SoftwareArgs, component: pulumi.Resource): void {
  const risks = packageRepository === undefined ? [] : repositoryRisks(packageRepository, "packageRepository");
  const costs = recipe.flatMap((name) => {
    const { row, behaviour, cost } = recipeBehaviours[name];
    return cost === undefined
      ? []
      : [`recipe has ${name} (row ${row}): ${behaviour}. What it costs: ${cost}. Take it out for our own behaviour.`];
  });
  for (const text of [...risks, ...costs]) {
    void pulumi.log.warn(text, component);
  }
}

/** What of the guests' settings is warned of. */
interface RiskyGuestArgs {
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

/** Warns that a compute's console ports stay as they are. @param path where the proxies' addresses would stand in the arguments */
export function warnOfOpenConsoles(path: string, component: pulumi.Resource): void {
  void pulumi.log.warn(
    `${path} is left out: the firewalls of the computes are left alone, and guests' consoles have no password. Name the addresses from which the computes see the proxies come.`,
    component,
  );
}

import { Role } from "../contract";
import { type ComputeSettings, type DeclaredOption, switchOptions, vncEnabled } from "./roleOptions";
import { type ValidationError, checkWords } from "./validationError";
import type { NovaOption } from "./optionTypes";

/**
 * Where the recipe that this project started from ("Enable SPICE HTML5 Console Access in OpenStack Mitaka", an administrator's notes) does something else
 * than this package: each behaviour is asked for by name; docs/recipe.md has the recipe row by row. Ours is the safe one, and the default.
 */
export enum RecipeSwitch {
  /** Row 2: the web client is installed on the computes too. */
  WebClientOnComputes = "web-client-on-computes",
  /** Row 4: `[DEFAULT] vnc_enabled` stands next to `[vnc] enabled`. */
  VncEnabledInDefault = "vnc-enabled-in-default",
  /** Row 5: `[DEFAULT] web` is written; refused where noVNC would serve the SPICE pages for it. */
  WebInNovaConf = "web-in-nova-conf",
  /** Rows 4 and 6: the computes' options are written on the controllers too. */
  ComputeOptionsOnControllers = "compute-options-on-controllers",
  /** Row 6: an https URL is handed out though nothing is known to terminate TLS. */
  HttpsUrlOverPlainProxy = "https-url-over-plain-proxy",
  /** Rows 4, 6 and 7: `True` and `False`. */
  CapitalBooleans = "capital-booleans",
  /** Row 8: the rule of the proxy's port comes before all others of iptables. */
  FirewallRuleFirst = "firewall-rule-first",
  /** Row 9: the service iptables is restarted, which wipes what is not in its file. */
  RestartIptables = "restart-iptables",
  /** Row 11: the computes converge before the controllers. */
  ComputesFirst = "computes-first",
  /** Row 12: the web server is restarted before the proxy starts. */
  RestartHttpd = "restart-httpd",
}

/** What a switch does, and what it costs. */
interface RecipeBehaviour {
  /** The row of the recipe. */
  readonly row: number;
  /** What is done, as an operator reads it. */
  readonly behaviour: string;
  /** What that costs, for the warning; undefined where it costs nothing. */
  readonly cost?: string;
}

/** Every switch, in the order of the recipe's rows. */
export const recipeBehaviours: Readonly<Record<RecipeSwitch, RecipeBehaviour>> = {
  [RecipeSwitch.WebClientOnComputes]: {
    row: 2,
    behaviour: "the web client is installed on the computes too",
    cost: "nothing on a compute reads it: it is one more package to keep up to date",
  },
  [RecipeSwitch.VncEnabledInDefault]: {
    row: 4,
    behaviour: "[DEFAULT] vnc_enabled is written next to [vnc] enabled",
    cost: "it is an older name of the same option, which wins or loses by where it stands, and who changes the one later has to change both",
  },
  [RecipeSwitch.WebInNovaConf]: {
    row: 5,
    behaviour: "[DEFAULT] web is written",
    cost: "it is Nova's default already, and nova-novncproxy reads it too: one that is started without --web then serves the SPICE pages, and no VNC console",
  },
  [RecipeSwitch.ComputeOptionsOnControllers]: {
    row: 6,
    behaviour:
      "the computes' switches of VNC and SPICE, the base URL and the keymap are written on the controllers too",
    cost: "no service of a controller reads them: who changes them there later changes nothing",
  },
  [RecipeSwitch.HttpsUrlOverPlainProxy]: {
    row: 6,
    behaviour: "computes hand out an https URL though nothing is known to terminate TLS",
    cost: "a browser opens no console unless something in front of the proxy terminates TLS",
  },
  [RecipeSwitch.CapitalBooleans]: {
    row: 6,
    behaviour: "enabled is spelt True and False, as the recipe has it",
  },
  [RecipeSwitch.FirewallRuleFirst]: {
    row: 8,
    behaviour: "iptables gets the rule for the proxy's port before all its others",
    cost: "who was refused by a rule of yours before, by address say, reaches the proxy",
  },
  [RecipeSwitch.RestartIptables]: {
    row: 9,
    behaviour: "the controllers' service iptables is restarted after the rule was written to its file",
    cost: "a restart wipes all rules that are not in that file, Neutron's and libvirt's too, and cuts off what they let through",
  },
  [RecipeSwitch.ComputesFirst]: {
    row: 11,
    behaviour: "the computes converge before the controllers",
    cost: "until the proxy runs, guests that have SPICE alone have no console; and what is wrong with a controller shows only then",
  },
  [RecipeSwitch.RestartHttpd]: {
    row: 12,
    behaviour: "the web server is restarted before the proxy starts, whenever the proxy is given something new to read",
    cost: "consoles do not need it: the dashboard and whatever else it serves is gone for that time",
  },
};

/** Validation errors of a list of switches, from wherever it comes. */
export function checkRecipe(switches: readonly string[], path: string): readonly ValidationError[] {
  return checkWords(switches, Object.values(RecipeSwitch), path, "behaviour of the recipe's");
}

/** What the recipe asks for beside a role's own settings. */
export interface RecipeSettings {
  /** The recipe's behaviour in the place of ours. Default: none. */
  readonly recipe?: readonly RecipeSwitch[];
  /** Of a compute: whether VNC is on. */
  readonly vnc?: ComputeSettings["vnc"];
  /** Of a controller: what its computes say, where `RecipeSwitch.ComputeOptionsOnControllers` has the controllers say the same. */
  readonly asOnComputes?: Pick<ComputeSettings, "vnc" | "agentEnabled" | "html5proxyBaseUrl" | "extraNovaOptions">;
}

/** The options that are written for the recipe's sake alone. */
export function recipeOptions({ recipe = [], vnc, asOnComputes }: RecipeSettings): readonly DeclaredOption[] {
  const has = (name: RecipeSwitch) => recipe.includes(name);
  const written = vnc ?? asOnComputes?.vnc;
  const older = has(RecipeSwitch.VncEnabledInDefault) && written !== undefined ? vncEnabled[written] : undefined;
  const keymap = asOnComputes?.extraNovaOptions?.["spice/keymap"];
  const web = has(RecipeSwitch.WebInNovaConf) ? "/usr/share/spice-html5" : undefined;
  return [
    { section: "DEFAULT", name: "vnc_enabled", argument: "vnc", value: older },
    ...(asOnComputes === undefined ? [] : switchOptions(asOnComputes)),
    { section: "spice", name: "agent_enabled", argument: "agentEnabled", value: asOnComputes?.agentEnabled },
    { section: "spice", name: "keymap", argument: "extraNovaOptions", value: keymap },
    { section: "DEFAULT", name: "web", argument: "recipe", value: web },
  ];
}

/** How the value of an option is spelt: the recipe writes `enabled=True`, and `agent_enabled=true`. oslo.config reads both. */
export function recipeSpelling(recipe: readonly RecipeSwitch[] = []): (option: NovaOption, value: string) => string {
  const capital = recipe.includes(RecipeSwitch.CapitalBooleans);
  return ({ name }, value) =>
    capital && ["enabled", "vnc_enabled"].includes(name) ? (value === "true" ? "True" : "False") : value;
}

/** The switches that a role of a node has to know; the others show in what is written, or in the order of things. */
const nodeSwitches: Readonly<Record<Role, readonly RecipeSwitch[]>> = {
  [Role.Controller]: [RecipeSwitch.FirewallRuleFirst, RecipeSwitch.RestartIptables, RecipeSwitch.RestartHttpd],
  [Role.Compute]: [RecipeSwitch.WebClientOnComputes],
};

/** The switches that are asked for and that a role of a node has to know. */
export function recipeOnNode(role: Role, recipe: readonly RecipeSwitch[] = []): readonly RecipeSwitch[] {
  return nodeSwitches[role].filter((name) => recipe.includes(name));
}

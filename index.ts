/** The program: the stack's configuration in, one cloud's SPICE consoles, the outcome out. Pulumi.example.yaml documents every key. */
import { SpiceConsole } from "./components";
import { readConfig } from "./program/config";
import { repairStackTraces, dropResourceTraces } from "./program/stackTraces";

repairStackTraces();
dropResourceTraces();

const spice = new SpiceConsole("cloud", readConfig());

/** The URL that users' browsers open; Nova appends a token. */
export const proxyPageUrl = spice.proxyPageUrl;

/** What each node reported when it last converged: roles, Nova's version, packages, changes, firewall, guests without SPICE. */
export const nodes = spice.nodes;

import { type Cidr, parseCidrs } from "./cidr";
import { type Checked, type ValidationError, checkSize, invalid, shown, valid } from "./validationError";

/** TCP ports from `first` to `last`, both included. */
export interface PortRange {
  /** The lowest port. */
  readonly first: number;
  /** The highest port. */
  readonly last: number;
}

/** Where guests' consoles listen: QEMU takes the first port that is free, from 5900 up, one for each of a guest's consoles. */
export const defaultConsolePorts: PortRange = { first: 5900, last: 5999 };

/** libvirt refuses consoles below (`remote_display_port_min` in its qemu.conf), and takes ports for live migration from there on (`migration_port_min`). */
const [lowestPort, migrationPort] = [5900, 49152];

/**
 * Validation errors of the range of guests' console ports.
 *
 * @param path where the range stands in the arguments
 */
export function checkConsolePorts({ first, last }: PortRange, path: string): readonly ValidationError[] {
  const isConsolePort = (port: number) => Number.isInteger(port) && port >= lowestPort && port < migrationPort;
  const rule = `is no port of a guest's console. Give a whole number from ${lowestPort} to ${migrationPort - 1}: libvirt has no consoles below, and live migrations above.`;
  const errors = Object.entries({ first, last })
    .filter(([, port]) => !isConsolePort(port))
    .map(([end, port]) => ({ path: `${path}.${end}`, reason: `${shown(port)} ${rule}` }));
  return errors.length > 0 || first <= last
    ? errors
    : [{ path: `${path}.last`, reason: `${last} is before port ${first}. Give the last port of the range.` }];
}

/**
 * Reads the CIDR blocks that may reach guests' consoles, which have no password: `parseCidrs`, and every address is a validation error.
 *
 * @param path where the list stands in the arguments
 */
export function parseConsoleSources(sources: readonly string[], path: string): Checked<readonly Cidr[]> {
  const { value, errors } = parseCidrs(sources, path);
  if (value === undefined) {
    return invalid(...errors);
  }
  const reason = "It names every address, and guests' consoles have no password. Name the addresses that connect.";
  return value.some(({ everyone }) => everyone) ? invalid({ path, reason }) : valid(value);
}

/** The validation error of more blocks, each counted once, than a compute takes. @param path where the first list of them stands in the arguments */
export function checkConsoleSourceCount(count: number, path: string): readonly ValidationError[] {
  return checkSize(count, "sources", path, "It and the other lists of console sources have");
}

/** Who may reach the guests' consoles of a compute. */
interface ConsoleSources {
  /** CIDR blocks from which the compute sees the console proxies come. */
  readonly proxySourceAddresses?: readonly string[];
  /** CIDR blocks of others that connect to guests' consoles. */
  readonly extraConsoleSources?: readonly string[];
}

/**
 * The canonical blocks that may reach the guests' consoles of a compute, each once, sorted; undefined where none is named, and the compute's firewall is
 * to be left alone. Validation errors also where nobody could reach a console.
 *
 * @param path put before the path of each validation error
 */
export function consoleSources(given: ConsoleSources, path = ""): Checked<readonly string[] | undefined> {
  const { proxySourceAddresses, extraConsoleSources = [] } = given;
  const proxies = parseConsoleSources(proxySourceAddresses ?? [], `${path}proxySourceAddresses`);
  const extra = parseConsoleSources(extraConsoleSources, `${path}extraConsoleSources`);
  const errors = [...proxies.errors, ...extra.errors];
  const texts = new Set([...(proxies.value ?? []), ...(extra.value ?? [])].map(({ text }) => text));
  errors.push(...checkConsoleSourceCount(texts.size, `${path}proxySourceAddresses`));
  if (errors.length === 0 && proxySourceAddresses === undefined && extraConsoleSources.length > 0) {
    const reason =
      "It is left out, and with extraConsoleSources alone the proxies would be shut out. Name the addresses that they come from, or [] where extraConsoleSources has them.";
    errors.push({ path: `${path}proxySourceAddresses`, reason });
  } else if (errors.length === 0 && proxySourceAddresses !== undefined && texts.size === 0) {
    const reason =
      "It is empty, so nobody could open a console. Name the addresses that the proxies come from, or leave it out.";
    errors.push({ path: `${path}proxySourceAddresses`, reason });
  }
  if (errors.length > 0) {
    return invalid(...errors);
  }
  return valid(proxySourceAddresses === undefined ? undefined : [...texts].sort());
}

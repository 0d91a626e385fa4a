import { isIpLiteral, isLoopback, isWildcard } from "./cidr";
import { type Fault, shown } from "./faults";

/**
 * Whether the text is a host name as oslo.config's `HostAddress` takes it: labels of letters, digits and inner hyphens, at most 63 characters each
 * and 253 in all, the last one not all digits. An address with a typing error (`192.0.2.256`) is therefore no host name.
 */
export function isHostName(text: string): boolean {
  const labels = text.replace(/\.$/, "").split(".");
  return (
    text.length <= 253 &&
    labels.every((label) => /^(?!-)[a-z\d-]{1,63}(?<!-)$/i.test(label)) &&
    /[a-z-]/i.test(labels.at(-1) ?? "")
  );
}

/**
 * Faults of `[spice] server_proxyclient_address`: the address of this compute that the console proxies connect to.
 *
 * @param path where the value stands in the arguments
 */
export function checkServerProxyclientAddress(address: string, path: string): readonly Fault[] {
  const remedy = "Give the address of this compute that the console proxies reach, such as its management address.";
  if (!isIpLiteral(address)) {
    return [
      { path, reason: `${shown(address)} is not an IP address, and Nova hands it to the proxies as it is. ${remedy}` },
    ];
  }
  if (isWildcard(address)) {
    return [{ path, reason: `${shown(address)} stands for every address and cannot be connected to. ${remedy}` }];
  }
  if (isLoopback(address)) {
    return [{ path, reason: `${shown(address)} is a loopback address: each proxy would connect to itself. ${remedy}` }];
  }
  return [];
}

/**
 * Faults of `[spice] server_listen`: the address on which the SPICE servers of this compute's guests listen.
 *
 * @param path where the value stands in the arguments
 * @param everyAddress whether `0.0.0.0` and `::` are allowed. SPICE consoles have no password in Nova: whoever reaches the ports has the
 * consoles of every guest, so listening on every address is only sound behind a firewall.
 */
export function checkServerListen(address: string, path: string, everyAddress = false): readonly Fault[] {
  const remedy =
    "Give the address of this compute that the console proxies reach, as a rule the same as serverProxyclientAddress.";
  if (!isIpLiteral(address)) {
    return [{ path, reason: `${shown(address)} is not an IP address, and QEMU is to listen on one. ${remedy}` }];
  }
  if (isWildcard(address)) {
    const reason =
      `${shown(address)} listens on every address of this compute, and SPICE consoles in Nova have no password. ${remedy} ` +
      "Where a firewall closes the ports to all but the proxies, set serverListenEverywhere.";
    return everyAddress ? [] : [{ path, reason }];
  }
  if (isLoopback(address)) {
    return [
      { path, reason: `${shown(address)} is a loopback address: no proxy on another node could connect. ${remedy}` },
    ];
  }
  return [];
}

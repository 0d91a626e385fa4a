import { expect } from "vitest";
import { type ProxyAddress, checkProxy } from "../../nova";

/** A sound proxy, which speaks plain http. */
export const plain: ProxyAddress = {
  baseUrl: "http://console.example.org:6082/spice_auto.html",
  listenAddress: "0.0.0.0",
  port: 6082,
};

/** The files of a certificate. */
export const tls = { certificate: "/etc/nova/console.pem", key: "/etc/nova/console.key" };

/** The reasons a base URL is refused, without the URL they begin with; all errors are its own. */
export function reasons(address: Partial<ProxyAddress>): readonly string[] {
  return checkProxy({ ...plain, ...address }).map(({ path, reason }) => {
    expect(path).toBe("proxy.baseUrl");
    return reason.replace(/^("[^"]*"|It) /, "");
  });
}

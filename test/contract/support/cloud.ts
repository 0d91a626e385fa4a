import { generateKeyPairSync } from "node:crypto";
import type { ConnectionArgs, SpiceConsoleArgs } from "../../../components";

/** A private key of no host. */
export const privateKey = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string;

/** An encrypted private key of no host, whose password is `password`. */
export const encryptedKey = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey.export({
  ...{ type: "sec1", format: "pem", cipher: "aes-128-cbc", passphrase: "password" },
}) as string;

/** A well-formed host key of no host. */
export const hostKey = `ssh-ed25519 ${Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from("ssh-ed25519"), Buffer.alloc(36, 7)]).toString("base64")}`;

/** A connection to the N-th node. */
export function node(last: number): ConnectionArgs {
  return { host: `192.0.2.${last}`, hostKey };
}

/** A sound cloud with one controller and one compute. */
export const cloud: SpiceConsoleArgs = {
  proxy: { baseUrl: "http://console.example.org:6082/spice_auto.html", allowedSources: ["203.0.113.0/24"] },
  ssh: { user: "ops", privateKey },
  controllers: [{ name: "control-1", connection: node(11), proxySourceAddresses: ["198.51.100.11"] }],
  computes: [{ name: "compute-1", connection: node(21), serverProxyclientAddress: "198.51.100.21" }],
};

import { generateKeyPairSync } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { utils } from "ssh2";
import { describe, expect, it } from "vitest";
import { connectionTo, hostKeyError } from "../../../remote/connection";
import { shortPrivateKey } from "../../../remote/openSshKey";
import { ed25519KeyPair } from "../../support/sshKey";

const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string;
const openssh = ed25519KeyPair();

describe("hostKeyError", () => {
  it("takes a line of a host key's file", () => {
    expect(hostKeyError(openssh.public)).toBeUndefined();
    expect(hostKeyError(`${openssh.public} root@control-1\n`)).toBeUndefined();
    expect(hostKeyError(utils.generateKeyPairSync("ecdsa", { bits: 384 }).public)).toBeUndefined();
  });

  it.each<[string, string]>([
    [`control-1 ${openssh.public}`, "It begins with a host name, as a line of known_hosts does."],
    [utils.generateKeyPairSync("rsa", { bits: 2048 }).public, "An ssh-rsa host key cannot be checked"],
    ["SHA256:uNiVztksCsDhcc0u9e8BrZCSHDcOvDCtE4bBdM1tkEc", "It is not a host key."],
    [openssh.public.replace(/ .*/, " AAAA"), "It is not a host key."],
    [openssh.public.replace("ssh-ed25519", "ecdsa-sha2-nistp256"), "It is not a host key."],
    [`${openssh.public}\n${openssh.public}`, "It is not a host key."],
    ["", "It is not a host key."],
  ])("refuses %j", (text, reason) => {
    expect(hostKeyError(text)).toContain(reason);
  });
});

describe("connectionTo", () => {
  it("takes the node's settings before the shared ones, field by field", () => {
    const stray = { host: "192.0.2.1", user: "ops", passwd: "secret" };
    expect(connectionTo(stray, { user: "root", port: 2222 })).toEqual({
      ...{ host: "192.0.2.1", user: "ops", port: 2222 },
      ...{ dialErrorLimit: 10, perDialTimeout: 10 },
    });
  });

  it("hands nothing of the nodes' login to the bastion", () => {
    const { proxy } = connectionTo(
      { host: "192.0.2.1" },
      { user: "ops", password: "x", bastion: { host: "192.0.2.9" } },
    );
    expect(proxy).toEqual({ host: "192.0.2.9", dialErrorLimit: 10, perDialTimeout: 10 });
  });

  it("prefers the node's own bastion", () => {
    const connection = connectionTo(
      { host: "192.0.2.1", bastion: { host: "192.0.2.8" } },
      { bastion: { host: "192.0.2.9" } },
    );
    expect(connection.proxy?.host).toBe("192.0.2.8");
  });

  it("has the key as short as may be, a secret, for the node and the bastion", async () => {
    const login = { privateKey: openssh.private };
    const { proxy, ...connection } = connectionTo(
      { host: "192.0.2.1", bastion: { host: "192.0.2.9", ...login } },
      login,
    );
    for (const endpoint of [connection, proxy]) {
      const key = endpoint?.privateKey as pulumi.Output<string>;
      expect(await pulumi.isSecret(key)).toBe(true);
      expect(await new Promise((resolve) => key.apply(resolve))).toBe(shortPrivateKey(openssh.private));
    }
  });

  it("makes secrets of keys and passwords", async () => {
    const secrets = { privateKey: pem, privateKeyPassword: "p", password: "q" };
    const { proxy, ...connection } = connectionTo({
      host: "192.0.2.1",
      ...secrets,
      bastion: { host: "192.0.2.9", ...secrets },
    });
    for (const endpoint of [connection, proxy]) {
      for (const [field, value] of Object.entries(secrets)) {
        const given = endpoint?.[field as keyof typeof secrets] as pulumi.Output<string>;
        expect(await pulumi.isSecret(given)).toBe(true);
        expect(value).not.toBe(given);
      }
    }
  });
});

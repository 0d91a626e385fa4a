/** What every test of the command plugin needs: the plugin, an sshd, and a folder to look for traces in. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { type PropertyMap, type PropertyValue, secret } from "../../../lab/providers/wire/values";
import { PluginUnderTest } from "./plugin";
import { Sshd } from "./sshd";

/** The token of remote.Command. */
export const COMMAND = "command:remote:Command";

/** The token of remote.CopyToRemote. */
export const COPY = "command:remote:CopyToRemote";

/** The version the tests are written for. */
export const VERSION = "1.2.1";

/** Started before the first test of a file, stopped after the last. */
export class CommandBench {
  plugin!: PluginUnderTest;
  sshd!: Sshd;
  folder!: string;

  constructor(private readonly isSkipped: boolean) {
    beforeAll(async () => {
      if (this.isSkipped) {
        return;
      }
      this.folder = mkdtempSync(join(tmpdir(), "openstack-spice-providers-"));
      this.sshd = await Sshd.start();
      this.plugin = await PluginUnderTest.start("command", VERSION);
    });
    afterAll(async () => {
      if (this.isSkipped) {
        return;
      }
      await this.plugin.stop();
      await this.sshd.stop();
      rmSync(this.folder, { recursive: true });
    });
  }

  /** A connection to `sshd` that fails at the first error. */
  connection(overrides: PropertyMap = {}, sshd: Sshd = this.sshd): PropertyMap {
    return {
      host: "127.0.0.1",
      port: sshd.port,
      user: sshd.user,
      privateKey: sshd.key.privateKey,
      hostKey: sshd.hostKey.publicKey,
      dialErrorLimit: 0,
      perDialTimeout: 15,
      ...overrides,
    };
  }

  /** Inputs of a Command over {@link connection}, which is secret as always. */
  inputs(inputs: PropertyMap, connection: PropertyValue = this.connection()): PropertyMap {
    return { connection: secret(connection), ...inputs };
  }

  /** A path in the test's own folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** The content of a file in the test's own folder. */
  content(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  /** The error that `operation` ends with. */
  async errorOf(operation: Promise<unknown>): Promise<string> {
    try {
      await operation;
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error("expected the operation to fail");
  }
}

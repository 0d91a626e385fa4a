import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import ssh2 from "ssh2";
import { describe, expect, it } from "vitest";
import { secret, type PropertyMap } from "../../lab/providers/wire/values";
import { shortPrivateKey } from "../../remote/openSshKey";
import { CommandBench, COMMAND } from "./support/command";
import { freePort, makeKey, missingSshd, Sshd } from "./support/sshd";

const missing = missingSshd();
if (missing !== undefined) {
  console.log(`connections of the command plugin: ${missing}`);
}

describe.skipIf(missing !== undefined)("a connection", () => {
  const bench = new CommandBench(missing !== undefined);

  const connect = async (connection: PropertyMap, create = "echo in"): Promise<unknown> =>
    (await bench.plugin.create(COMMAND, bench.inputs({ create }, connection))).outputs["stdout"];
  const refusal = async (connection: PropertyMap): Promise<string> => await bench.errorOf(connect(connection));
  const REFUSED = "ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain";

  it("takes any host key where none is given", async () => {
    const { hostKey, ...connection } = bench.connection();
    expect(hostKey).toBe(bench.sshd.hostKey.publicKey);
    expect(await connect(connection)).toBe("in");
  });

  it("refuses another host key than the given one", async () => {
    const other = makeKey(bench.folder, "other_host_key").publicKey;
    expect(await refusal(bench.connection({ hostKey: other }))).toBe(
      "after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch",
    );
  });

  it("asks for a host key of the given key's type only", async () => {
    const other = makeKey(bench.folder, "ecdsa_host_key", { type: "ecdsa" }).publicKey;
    expect(await refusal(bench.connection({ hostKey: other }))).toMatch(
      /^after 0 failed attempts: ssh: handshake failed: ssh: no common algorithm for host key; we offered: \[ecdsa-sha2-nistp256\], peer offered: \[ssh-ed25519\]/,
    );
  });

  it.skipIf(process.platform !== "linux")(
    "asks by TCP, where nothing comes for long, whether anybody is there",
    async () => {
      const sockets = `ss -Htno state established '( dport = :${bench.sshd.port} )'`;
      expect(await connect(bench.connection(), sockets)).toMatch(/ timer:\(keepalive,/);
    },
  );

  it("does not start with a host key it cannot read", async () => {
    expect(await refusal(bench.connection({ hostKey: "ssh-ed25519 nonsense" }))).toMatch(
      /^failed to parse host key: ssh: no key found/,
    );
  });

  it("tries a refused key as often as the limit says, telling the engine each time", async () => {
    const start = bench.plugin.log.length;
    const { privateKey } = makeKey(bench.folder, "refused_key");
    expect(await refusal(bench.connection({ privateKey, dialErrorLimit: 2 }))).toBe(
      `after 2 failed attempts: ssh: handshake failed: ${REFUSED}`,
    );
    expect(bench.plugin.log.slice(start)).toEqual([
      { severity: 1, text: "Dial 1/2 failed: retrying", isStatus: true },
      { severity: 1, text: "Dial 2/2 failed: retrying", isStatus: true },
    ]);
  });

  it("waits 100 ms and half as long again each time, then gives up", async () => {
    const port = await freePort();
    const start = Date.now();
    expect(await refusal(bench.connection({ port, dialErrorLimit: 4 }))).toBe(
      `after 4 failed attempts: dial tcp 127.0.0.1:${port}: connect: connection refused`,
    );
    const waits = 100 + 150 + 225 + 337;
    expect(Date.now() - start).toBeGreaterThanOrEqual(waits);
    expect(Date.now() - start).toBeLessThan(waits + 3000);
  });

  it("waits for a host that comes up late, without limit where the limit is -1", async () => {
    const port = await freePort();
    const { hostKey, ...connection } = bench.connection({ port, dialErrorLimit: -1 });
    expect(hostKey).toBeDefined();
    const start = bench.plugin.log.length;
    const result = connect(connection);
    while (bench.plugin.log.length < start + 2) {
      await wait(10);
    }
    expect(bench.plugin.log[start]?.text).toBe("Dial 1/inf failed: retrying");
    const late = await Sshd.start([], { port, authorized: [bench.sshd.key.publicKey] });
    try {
      expect(await result).toBe("in");
    } finally {
      await late.stop();
    }
  });

  it("opens a key with its passphrase, and says what is wrong without or with another", async () => {
    const { privateKey, publicKey } = makeKey(bench.folder, "locked_key", { passphrase: "sesame" });
    const sshd = await Sshd.start([], { authorized: [publicKey] });
    try {
      const locked = bench.connection({ privateKey }, sshd);
      expect(await connect({ ...locked, privateKeyPassword: "sesame" })).toBe("in");
      expect(await refusal({ ...locked, privateKeyPassword: "barley" })).toBe("x509: decryption password incorrect");
      expect(await refusal(locked)).toBe("ssh: this private key is passphrase protected");
      expect(await refusal({ ...locked, privateKey: "no key" })).toBe("ssh: no key found");
    } finally {
      await sshd.stop();
    }
  });

  it.each(["rsa", "ecdsa"])("logs in with an %s key", async (type) => {
    const { privateKey, publicKey } = makeKey(bench.folder, `login_${type}`, { type });
    const sshd = await Sshd.start([], { authorized: [publicKey] });
    try {
      expect(await connect(bench.connection({ privateKey }, sshd))).toBe("in");
    } finally {
      await sshd.stop();
    }
  });

  it.each(["ed25519", "rsa", "ecdsa"])("logs in with an %s key in PKCS #8, as Go's library does", async (type) => {
    const { publicKey, privateKey } = makeKey(bench.folder, `pkcs8_${type}`, { type });
    const sshd = await Sshd.start([], { authorized: [publicKey] });
    // ssh-keygen writes no ed25519 key in PKCS #8: what makes ours short does.
    const file = join(bench.folder, `pkcs8_${type}`);
    if (type !== "ed25519") {
      execFileSync("ssh-keygen", ["-q", "-p", "-m", "PKCS8", "-N", "", "-P", "", "-f", file]);
    }
    const pkcs8 = type === "ed25519" ? shortPrivateKey(privateKey) : readFileSync(file, "utf8");
    expect(pkcs8).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    try {
      expect(await connect(bench.connection({ privateKey: pkcs8 }, sshd))).toBe("in");
    } finally {
      await sshd.stop();
    }
  });

  it("logs in with an agent's key; an agent that is not there fails even with a private key", async () => {
    const { privateKey, ...connection } = bench.connection({ agentSocketPath: bench.path("agent") });
    expect(await refusal({ ...connection, privateKey: privateKey ?? null })).toBe(
      `dial unix ${bench.path("agent")}: connect: no such file or directory`,
    );
    const agent = spawn("ssh-agent", ["-D", "-a", bench.path("agent")], { stdio: "ignore" });
    try {
      await appears(bench.path("agent"), agent);
      expect(await refusal(connection)).toMatch(REFUSED);
      execFileSync("ssh-add", ["-q", bench.sshd.key.path], {
        env: { ...process.env, SSH_AUTH_SOCK: bench.path("agent") },
        stdio: "ignore",
      });
      expect(await connect(connection)).toBe("in");
    } finally {
      agent.kill();
      await once(agent, "exit");
    }
  });

  it("never tries the agent's keys where a private key is given", async () => {
    const agent = spawn("ssh-agent", ["-D", "-a", bench.path("agent2")], { stdio: "ignore" });
    try {
      await appears(bench.path("agent2"), agent);
      execFileSync("ssh-add", ["-q", bench.sshd.key.path], {
        env: { ...process.env, SSH_AUTH_SOCK: bench.path("agent2") },
        stdio: "ignore",
      });
      const { privateKey } = makeKey(bench.folder, "not_this_one");
      expect(await refusal(bench.connection({ privateKey, agentSocketPath: bench.path("agent2") }))).toMatch(REFUSED);
    } finally {
      agent.kill();
      await once(agent, "exit");
    }
  });

  it("answers a password, asked for directly or by keyboard", async () => {
    for (const method of ["password", "keyboard-interactive"] as const) {
      const server = await passwordServer(method, bench.sshd.hostKey.privateKey);
      const port = (server.address() as { port: number }).port;
      const { privateKey, ...connection } = bench.connection({ port, password: "s3cret" });
      expect(privateKey).toBeDefined();
      expect(await connect(connection)).toBe(method);
      expect(await refusal({ ...connection, password: "wrong" })).toBe(
        `after 0 failed attempts: ssh: handshake failed: ssh: unable to authenticate, ` +
          `attempted methods [none ${method}], no supported methods remain`,
      );
      server.close();
    }
  });
});

describe.skipIf(missing !== undefined)("a connection over a bastion", () => {
  const bench = new CommandBench(missing !== undefined);

  const through = (bastion: Sshd, overrides: PropertyMap = {}, own: PropertyMap = {}): PropertyMap =>
    bench.connection({ proxy: secret({ ...bench.connection({}, bastion), ...overrides }), ...own });
  const connect = async (connection: PropertyMap): Promise<unknown> =>
    (await bench.plugin.create(COMMAND, bench.inputs({ create: "echo in" }, connection))).outputs["stdout"];

  it("goes through it, each end checked against its own key", async () => {
    const bastion = await Sshd.start(["LogLevel DEBUG1"]);
    try {
      expect(await connect(through(bastion))).toBe("in");
      expect(bastion.log).toMatch(new RegExp(`direct_tcpip: .*target 127\\.0\\.0\\.1 port ${bench.sshd.port}`));
      const other = bench.sshd.hostKey.publicKey;
      expect(await bench.errorOf(connect(through(bastion, { hostKey: other })))).toBe(
        "proxy: after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch",
      );
      expect(await bench.errorOf(connect(through(bastion, {}, { hostKey: bastion.hostKey.publicKey })))).toBe(
        "proxy: after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch",
      );
    } finally {
      await bastion.stop();
    }
  });

  it("says what the bastion refuses, and does not shake hands twice on one bridge", async () => {
    const [open, shut] = [await Sshd.start(), await Sshd.start(["AllowTcpForwarding no"])];
    try {
      expect(await bench.errorOf(connect(through(shut)))).toBe(
        "proxy: after 0 failed attempts: ssh: rejected: administratively prohibited (open failed)",
      );
      const port = await freePort();
      expect(await bench.errorOf(connect(through(open, {}, { port })))).toBe(
        "proxy: after 0 failed attempts: ssh: rejected: connect failed (Connection refused)",
      );
      const wrong = { hostKey: open.hostKey.publicKey, dialErrorLimit: 1 };
      expect(await bench.errorOf(connect(through(open, {}, wrong)))).toBe(
        "proxy: after 1 failed attempts: ssh: handshake failed: EOF",
      );
    } finally {
      await open.stop();
      await shut.stop();
    }
  });
});

async function appears(path: string, process: ChildProcess): Promise<void> {
  for (const end = Date.now() + 10_000; !existsSync(path) && process.exitCode === null && Date.now() < end;) {
    await wait(10);
  }
  expect(existsSync(path)).toBe(true);
}

/** An SSH server that takes the password "s3cret" by `method` alone, and answers any command with the method's name. */
async function passwordServer(method: "password" | "keyboard-interactive", hostKey: string): Promise<ssh2.Server> {
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on("error", () => undefined);
    client.on("authentication", (context) => {
      if (context.method === "password" && method === "password" && context.password === "s3cret") {
        context.accept();
      } else if (context.method === "keyboard-interactive" && method === "keyboard-interactive") {
        context.prompt([{ prompt: "Password: ", echo: false }], ([answer]) => {
          if (answer === "s3cret") {
            context.accept();
          } else {
            context.reject([method]);
          }
        });
      } else {
        context.reject([method]);
      }
    });
    client.on("session", (accept) => {
      accept().on("exec", (acceptCommand) => {
        // All in one piece: the exit status reaches the plugin together with the command's start.
        const { _sock: socket } = client as unknown as { _sock: Socket };
        socket.cork();
        const channel = acceptCommand();
        channel.write(`${method}\n`);
        channel.exit(0);
        socket.uncork();
        channel.end();
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/**
 * Opens SSH connections the way the official plugin does: as many attempts as the connection allows, over a bastion
 * where one is given, and whatever the error is, bad credentials included.
 *
 * Source: pulumi-command v1.2.1 provider/pkg/provider/remote/connection.go (Dial, dialWithRetry), the waits of
 * pulumi/pulumi sdk/go/common/util/retry/until.go, the order of authentication of golang.org/x/crypto/ssh.
 */
import { createConnection, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { type AnyAuthMethod, Client, type ServerHostKeyAlgorithm } from "ssh2";
import { Severity } from "../wire/engineLog";
import type { Operation } from "../wire/resource";
import { type Connection, type Credentials, credentialsOf, type Endpoint, systemError } from "./connection";
import { goQuote } from "./goText";

const FIRST_WAIT_MS = 100;
const WAIT_GROWTH = 1.5;
const LONGEST_WAIT_MS = 5000;

/**
 * A client logged in to `connection`. Every failed attempt but the last is written to the engine's log.
 *
 * @throws The last attempt's error, after `dialErrorLimit` + 1 attempts. Unreadable keys and a silent agent are not
 * retried.
 */
export async function dial(operation: Operation, connection: Connection): Promise<Client> {
  const credentials = await credentialsOf(connection);
  const { proxy, dialErrorLimit } = connection;
  if (!proxy) {
    return await retry(operation, "Dial", dialErrorLimit, () => logIn(connection, credentials));
  }
  try {
    const proxyCredentials = await credentialsOf(proxy);
    const bastion = await retry(operation, "Dial proxy", proxy.dialErrorLimit, () => logIn(proxy, proxyCredentials));
    const bridge = await retry(operation, "Dial from proxy", dialErrorLimit, () => forward(bastion, connection));
    // The official plugin shakes hands again on the same bridge, which the first failure has closed.
    let isClosed = false;
    return await retry(operation, "Dial", dialErrorLimit, () => {
      if (isClosed) {
        throw new Error("ssh: handshake failed: EOF");
      }
      isClosed = true;
      return shakeHands(bridge, credentials);
    });
  } catch (error) {
    throw new Error(`proxy: ${(error as Error).message}`);
  }
}

async function retry<T>(operation: Operation, step: string, limit: number, attempt: () => Promise<T>): Promise<T> {
  let delay = FIRST_WAIT_MS;
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (limit > -1 && failures + 1 > limit) {
        throw new Error(`after ${failures} failed attempts: ${(error as Error).message}`);
      }
    }
    const allowed = limit === -1 ? "inf" : limit;
    operation.log.status(Severity.INFO, `${step} ${failures + 1}/${allowed} failed: retrying`);
    try {
      await wait(delay, undefined, { signal: operation.signal });
    } catch {
      throw new Error("context canceled");
    }
    delay = Math.min(delay * WAIT_GROWTH, LONGEST_WAIT_MS);
  }
}

async function logIn(endpoint: Endpoint, credentials: Credentials): Promise<Client> {
  return await shakeHands(await connectTcp(endpoint), credentials);
}

async function connectTcp({ host, port, perDialTimeout }: Endpoint): Promise<Socket> {
  const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return await new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, noDelay: true });
    const fail = (text: string) => {
      socket.destroy();
      reject(new Error(text));
    };
    const timer =
      perDialTimeout > 0
        ? setTimeout(() => {
            fail(`dial tcp ${address}: i/o timeout`);
          }, perDialTimeout * 1000)
        : undefined;
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      // Go gives up a silent link after nine probes, 15 s apart; Node.js after ten, 1 s apart, from here on.
      socket.setKeepAlive(true, 140_000);
      resolve(socket);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const first = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error;
      fail(
        first.code === "ENOTFOUND"
          ? `dial tcp: lookup ${host}: no such host`
          : `dial tcp ${address}: connect: ${systemError(first)}`,
      );
    });
  });
}

const OPEN_FAILURES: Readonly<Record<number, string>> = {
  1: "administratively prohibited",
  2: "connect failed",
  3: "unknown channel type",
  4: "resource shortage",
};

async function forward(bastion: Client, { host, port }: Endpoint): Promise<Duplex> {
  return await new Promise((resolve, reject) => {
    bastion.forwardOut("0.0.0.0", 0, host, port, (error, channel) => {
      if (error) {
        const { reason, message } = error as Error & { reason?: number };
        const text = message.replace(/^\(SSH\) Channel open failure: /, "");
        reject(new Error(`ssh: rejected: ${OPEN_FAILURES[reason ?? 0] ?? "unknown reason"} (${text})`));
      } else {
        resolve(channel);
      }
    });
  });
}

async function shakeHands(sock: Duplex, credentials: Credentials): Promise<Client> {
  const { user, hostKey } = credentials;
  return await new Promise((resolve, reject) => {
    const client = new Client();
    const tried: string[] = [];
    const peerHostKeys: string[] = [];
    let isOtherKey = false;
    let isSettled = false;
    const fail = (text: string) => {
      isSettled = true;
      sock.destroy();
      reject(new Error(`ssh: handshake failed: ${text}`));
    };
    client.on("error", (error) => {
      // After the handshake the error shows where it matters: as a command that ended without an exit status.
      if (!isSettled && error.level !== "agent") {
        fail(isOtherKey ? "ssh: host key mismatch" : handshakeError(error, tried, hostKey?.type, peerHostKeys));
      }
    });
    client.once("close", () => {
      if (!isSettled) {
        fail("EOF");
      }
    });
    client.once("ready", () => {
      isSettled = true;
      resolve(client);
    });
    const login = {
      sock,
      username: user,
      readyTimeout: 0,
      // ssh2 says in its log alone what the server offered.
      debug: (line: string) => {
        const [, offered] = /^Handshake: \(remote\) Host key format(?:s)?: (.*)$/i.exec(line) ?? [];
        peerHostKeys.push(...(offered?.split(",") ?? []));
      },
      authHandler: authenticator(credentials, tried),
      ...(hostKey && {
        algorithms: { serverHostKey: [hostKey.type as ServerHostKeyAlgorithm] },
        hostVerifier: (key: Buffer) => {
          isOtherKey = !key.equals(hostKey.getPublicSSH());
          return !isOtherKey;
        },
      }),
    };
    try {
      client.connect(login as Parameters<Client["connect"]>[0]);
    } catch (error) {
      fail((error as Error).message);
    }
  });
}

/**
 * Why a handshake failed, in Go's words.
 *
 * @param peerHostKeys the algorithms of host keys that the server offered
 */
function handshakeError(
  error: Error,
  tried: readonly string[],
  hostKeyType: string | undefined,
  peerHostKeys: readonly string[],
): string {
  const { level, code, message } = error as Error & { level?: string; code?: number | string };
  if (level === "client-authentication") {
    return `ssh: unable to authenticate, attempted methods [${tried.join(" ")}], no supported methods remain`;
  }
  if (message.includes("no matching host key format")) {
    return `ssh: no common algorithm for host key; we offered: [${hostKeyType ?? ""}], peer offered: [${peerHostKeys.join(" ")}]`;
  }
  if (typeof code === "number") {
    return `ssh: disconnect, reason ${code}: ${goQuote(message)}`;
  }
  return level === "client-socket" ? systemError(error) : message;
}

/**
 * Go's order: `none` first, then whatever the server still takes, in the order key, password, keyboard, agent; a
 * method is tried once, and key and agent are the same method: with a private key, the agent's keys are never tried.
 */
function authenticator(credentials: Credentials, tried: string[]) {
  const { user: username, privateKey, password, agentSocket } = credentials;
  const methods: AnyAuthMethod[] = [];
  if (privateKey) {
    methods.push({ type: "publickey", username, key: privateKey });
  }
  if (password !== undefined) {
    methods.push({ type: "password", username, password });
    methods.push({
      type: "keyboard-interactive",
      username,
      prompt: (_name, _instructions, _language, prompts, finish) => {
        finish(prompts.map(() => password));
      },
    });
  }
  if (agentSocket !== undefined) {
    methods.push({ type: "agent", username, agent: agentSocket });
  }
  const nameOf = ({ type }: AnyAuthMethod) => (type === "agent" ? "publickey" : type);
  return (left: string[] | null, _isPartial: boolean | null, next: (method: AnyAuthMethod | false) => void): void => {
    const method: AnyAuthMethod | undefined =
      tried.length === 0
        ? { type: "none", username }
        : methods.find((known) => !tried.includes(nameOf(known)) && left?.includes(nameOf(known)) === true);
    if (method) {
      tried.push(nameOf(method));
    }
    next(method ?? false);
  };
}

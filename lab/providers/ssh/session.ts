/**
 * Runs one command over an SSH connection.
 *
 * Source: pulumi-command v1.2.1 provider/pkg/provider/remote/commandOutputs.go and golang.org/x/crypto/ssh session.go.
 */
import type { Client, ClientChannel } from "ssh2";
import { type EnvironmentVariable, sendEnvironment } from "./environment";

/** What a command left behind. */
export interface Result {
  /** Exit status or signal in Go's words; undefined: it ended well. */
  readonly failure: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, in the order they arrived. */
  readonly combined: string;
}

/** The numbers that Go adds to 128 for a command that a signal ended. */
const SIGNALS: Readonly<Record<string, number>> = {
  ABRT: 6,
  ALRM: 14,
  FPE: 8,
  HUP: 1,
  ILL: 4,
  INT: 2,
  KILL: 9,
  PIPE: 13,
  QUIT: 3,
  SEGV: 11,
  TERM: 15,
};

/** One command to run. */
export interface Command {
  /** As the login shell gets it. */
  readonly text: string;
  /** Given to the command as it is; absent: end of file at once. */
  readonly stdin?: string;
  readonly environment: readonly EnvironmentVariable[];
  /** Called with each piece of output as it arrives. */
  readonly onOutput: (stream: "stdout" | "stderr", data: Buffer) => void;
}

/**
 * Runs `command` and waits for its end, without limit.
 *
 * @throws Error where the host refuses to start it, or refuses a required environment variable (it is not started
 * then). A command that ends badly is not an error here: see {@link Result.failure}.
 */
export async function run(client: Client, command: Command): Promise<Result> {
  return await new Promise((resolve, reject) => {
    sendEnvironment(client, command.environment, reject);
    client.exec(command.text, (error, channel) => {
      if (error) {
        reject(new Error(error.message === "Unable to exec" ? `ssh: command ${command.text} failed` : error.message));
      } else {
        // At once: the exit status may already be in the bytes that ssh2 is just reading.
        collect(channel, command, resolve);
      }
    });
  });
}

function collect(channel: ClientChannel, command: Command, onEnd: (result: Result) => void): void {
  const [stdout, stderr, combined]: [Buffer[], Buffer[], Buffer[]] = [[], [], []];
  const keep = (stream: "stdout" | "stderr", pieces: Buffer[]) => (data: Buffer) => {
    pieces.push(data);
    combined.push(data);
    command.onOutput(stream, data);
  };
  const text = (pieces: Buffer[]) => Buffer.concat(pieces).toString("utf8");
  let failure: string | undefined = "wait: remote command exited without exit status or exit signal";
  channel.on("data", keep("stdout", stdout));
  channel.stderr.on("data", keep("stderr", stderr));
  channel.on("exit", (code: number | null, signal?: string, _hasCore?: unknown, reason?: string) => {
    failure = code === 0 ? undefined : exitText(code, signal, reason);
  });
  channel.on("error", () => undefined); // A command may end without reading its standard input.
  channel.once("close", () => {
    onEnd({ failure, stdout: text(stdout), stderr: text(stderr), combined: text(combined) });
  });
  channel.end(command.stdin ?? "");
}

function exitText(code: number | null, signal: string | undefined, reason: string | undefined): string {
  if (code !== null) {
    return `Process exited with status ${code}`;
  }
  const name = (signal ?? "").replace(/^SIG/, "");
  const because = reason === undefined || reason === "" ? "" : `. Reason was: ${reason}`;
  return `Process exited with status ${128 + (SIGNALS[name] ?? 0)} from signal ${name}${because}`;
}

/**
 * Environment variables sent before a command, each of which the host may refuse (sshd: `AcceptEnv`).
 *
 * ssh2 can send them, but not hear the answer: its public `exec(command, { env })` asks for none. So this module
 * steps between `exec` and the protocol object of ssh2 1.17 (lib/client.js reqEnv and reqExec): variables go first,
 * one by one, each with a wanted reply, then the command.
 */
import type { Client } from "ssh2";

/** One variable. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
  /** Called when the host refuses it. Returns whether the command is to be run all the same. */
  readonly onRefused: () => boolean;
}

interface Channel {
  /** Called in turn with the answers to the requests on the channel: whether it failed. */
  readonly _callbacks: ((failed: unknown) => void)[];
  close(): void;
}

interface Internals {
  readonly _chanMgr: { get(id: number): Channel | undefined };
  readonly _protocol: {
    env(channel: number, name: string, value: string, wantReply: boolean): void;
    exec(channel: number, command: string, wantReply: boolean): void;
  };
}

/**
 * Makes the next `client.exec` send `variables` first.
 *
 * @param onGivenUp Called with `ssh: setenv failed for NAME` when a refused variable keeps the command from running.
 */
export function sendEnvironment(
  client: Client,
  variables: readonly EnvironmentVariable[],
  onGivenUp: (error: Error) => void,
): void {
  if (variables.length === 0) {
    return;
  }
  const { _chanMgr: channels, _protocol: protocol } = client as unknown as Internals;
  const exec = protocol.exec.bind(protocol);
  protocol.exec = (id, command, wantReply) => {
    protocol.exec = exec;
    const channel = channels.get(id);
    const send = (index: number): void => {
      const variable = variables[index];
      if (!variable || !channel) {
        exec(id, command, wantReply);
        return;
      }
      // Before the callback of the command itself, which is already waiting.
      channel._callbacks.unshift((failed) => {
        if (failed === true && !variable.onRefused()) {
          channel.close();
          onGivenUp(new Error(`could not set environment variable "${variable.name}": ssh: setenv failed`));
        } else {
          send(index + 1);
        }
      });
      protocol.env(id, variable.name, variable.value, true);
    };
    send(0);
  };
}

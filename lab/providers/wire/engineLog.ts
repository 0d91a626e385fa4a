/** Messages from a plugin to the engine, which shows them beside the resource they belong to. */
import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** How grave a message is. An error makes the whole deployment fail. */
export const Severity = LogSeverity;
export type Severity = LogSeverity;

/** Sends messages one after the other, in the order they were given. Without an engine they go to standard error. */
export class EngineLog {
  private readonly engine: EngineClient | undefined;
  private last: Promise<void> = Promise.resolve();

  /** @param address The engine's `host:port`; undefined when the plugin was started by hand. */
  constructor(address: string | undefined) {
    this.engine = address === undefined ? undefined : new EngineClient(address, credentials.createInsecure());
  }

  /** A message that stays in the output. */
  message(urn: string, severity: Severity, text: string): void {
    this.queue(urn, severity, text, false);
  }

  /** A message that is shown only while it is the latest of its resource. */
  status(urn: string, severity: Severity, text: string): void {
    this.queue(urn, severity, text, true);
  }

  /** Resolves when all messages given so far have reached the engine, or could not. Never rejects. */
  async flushed(): Promise<void> {
    await this.last;
  }

  private queue(urn: string, severity: Severity, text: string, ephemeral: boolean): void {
    this.last = this.last.then(() => this.send(urn, severity, text, ephemeral));
  }

  private async send(urn: string, severity: Severity, text: string, ephemeral: boolean): Promise<void> {
    const { engine } = this;
    if (!engine) {
      process.stderr.write(`${text}\n`);
      return;
    }
    const request = new LogRequest();
    request.setUrn(urn);
    request.setSeverity(severity);
    request.setMessage(text);
    request.setEphemeral(ephemeral);
    await new Promise<void>((resolve) => {
      engine.log(request, (error) => {
        if (error) {
          process.stderr.write(`${text}\n(the engine did not take this message: ${error.message})\n`);
        }
        resolve();
      });
    });
  }
}

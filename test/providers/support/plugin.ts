/**
 * Finds a provider plugin and drives it over gRPC the way the engine does: the official one where this machine has it,
 * else the stand-in of lab/providers.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { credentials, Server, ServerCredentials, type ServiceError } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { PropertyMap } from "../../../lab/providers/wire/values";

const STAND_INS = resolve(__dirname, "../../../lab/providers/bin");

/** A message the plugin sent to the engine. */
interface LogMessage {
  readonly severity: number;
  readonly text: string;
  readonly isStatus: boolean;
}

/** What a diff answered. */
interface Difference {
  readonly hasChanges: boolean;
  readonly replaces: string[];
  /** By path: `ADD`, `UPDATE_REPLACE`, ... */
  readonly paths: Record<string, string>;
}

/** Whether the official plugin will be used, and where a plugin was found. */
export function findPlugin(name: string, version: string): { path: string; isOfficial: boolean } {
  const file = `pulumi-resource-${name}`;
  const home = process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi");
  const folders = [
    ...(process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== ""),
    join(home, "plugins", `resource-${name}-v${version}`),
  ];
  const standIn = join(STAND_INS, file);
  const official = folders
    .map((folder) => join(folder, file))
    .find((path) => existsSync(path) && realpathSync(path) !== realpathSync(standIn));
  return { path: official ?? standIn, isOfficial: official !== undefined };
}

/** A running plugin. Property maps are as on the wire: secrets and unknowns marked. */
export class PluginUnderTest {
  /** What the plugin has sent to the engine's log, oldest first. */
  readonly log: LogMessage[] = [];

  private constructor(
    private readonly process: ChildProcess,
    private readonly engine: Server,
    private readonly client: ResourceProviderClient,
    log: LogMessage[],
  ) {
    this.log = log;
  }

  /**
   * Starts the plugin `name`, prints which one it is, and configures it.
   *
   * @param environment Variables for the plugin beside those of this process; undefined takes one away.
   */
  static async start(
    name: string,
    version: string,
    environment: Record<string, string | undefined> = {},
    config: PropertyMap = {},
  ): Promise<PluginUnderTest> {
    const { path, isOfficial } = findPlugin(name, version);
    console.log(`${name} plugin under test: ${isOfficial ? "official" : "stand-in"} ${path}`);
    const log: LogMessage[] = [];
    const engine = new Server();
    engine.addService(EngineService, {
      log: (call: { request: LogRequest }, done: (error: null, value: Empty) => void) => {
        const { request } = call;
        log.push({
          severity: request.getSeverity(),
          text: request.getMessage(),
          isStatus: request.getEphemeral(),
        });
        done(null, new Empty());
      },
    });
    const enginePort = await new Promise<number>((resolve, reject) => {
      engine.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
        if (error) {
          reject(error);
        } else {
          resolve(port);
        }
      });
    });
    const child = spawn(path, [`127.0.0.1:${enginePort}`], {
      env: { ...process.env, SSH_AUTH_SOCK: undefined, ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const port = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once("line", resolve);
      child.once("error", reject);
      child.once("exit", (code) => {
        reject(new Error(`${path} ended with ${code} before it named its port`));
      });
    });
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
    });
    const plugin = new PluginUnderTest(child, engine, client, log);
    const request = new rpc.ConfigureRequest();
    request.setAcceptsecrets(true);
    request.setSendsOldInputs(true);
    request.setSendsOldInputsToDelete(true);
    request.setArgs(struct(config));
    await plugin.call((done) => client.configure(request, done));
    return plugin;
  }

  /** Ends the plugin and waits until it is gone. */
  async stop(): Promise<void> {
    this.client.close();
    const gone = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill();
    await gone;
    this.engine.forceShutdown();
  }

  /** The version the plugin says it is. */
  async version(): Promise<string> {
    const info = await this.call<{ getVersion(): string }>((done) => this.client.getPluginInfo(new Empty(), done));
    return info.getVersion();
  }

  /** The package schema. */
  async schema(): Promise<{ name: string; version: string; resources: Record<string, unknown> }> {
    const response = await this.call<rpc.GetSchemaResponse>((done) =>
      this.client.getSchema(new rpc.GetSchemaRequest(), done),
    );
    return JSON.parse(response.getSchema()) as Awaited<ReturnType<PluginUnderTest["schema"]>>;
  }

  /** Inputs with defaults, and what is wrong with them: `property: reason`. */
  async check(type: string, inputs: PropertyMap): Promise<{ inputs: PropertyMap; failures: string[] }> {
    const request = new rpc.CheckRequest();
    request.setUrn(urn(type));
    request.setNews(struct(inputs));
    const response = await this.call<rpc.CheckResponse>((done) => this.client.check(request, done));
    return {
      inputs: properties(response.getInputs()),
      failures: response.getFailuresList().map((failure) => `${failure.getProperty()}: ${failure.getReason()}`),
    };
  }

  /** What changes when inputs `olds` become `news`. */
  async diff(type: string, olds: PropertyMap, news: PropertyMap, state: PropertyMap = olds): Promise<Difference> {
    const request = new rpc.DiffRequest();
    request.setId("id");
    request.setUrn(urn(type));
    request.setOlds(struct(state));
    request.setOldInputs(struct(olds));
    request.setNews(struct(news));
    const response = await this.call<rpc.DiffResponse>((done) => this.client.diff(request, done));
    const paths: Record<string, string> = {};
    response.getDetaileddiffMap().forEach((change, path) => {
      paths[path] = kindName(change.getKind());
    });
    return {
      hasChanges: response.getChanges() === rpc.DiffResponse.DiffChanges.DIFF_SOME,
      replaces: response.getReplacesList(),
      paths,
    };
  }

  /** Creates (or with `preview` says what it would look like): id and outputs. */
  async create(type: string, inputs: PropertyMap, preview = false): Promise<{ id: string; outputs: PropertyMap }> {
    const request = new rpc.CreateRequest();
    request.setUrn(urn(type));
    request.setProperties(struct(inputs));
    request.setPreview(preview);
    const response = await this.call<rpc.CreateResponse>((done) => this.client.create(request, done));
    return { id: response.getId(), outputs: properties(response.getProperties()) };
  }

  /** Updates (or with `preview` says what it would look like): the new outputs. */
  async update(type: string, id: string, state: PropertyMap, inputs: PropertyMap, preview = false) {
    const request = new rpc.UpdateRequest();
    request.setId(id);
    request.setUrn(urn(type));
    request.setOlds(struct(state));
    request.setNews(struct(inputs));
    request.setPreview(preview);
    const response = await this.call<rpc.UpdateResponse>((done) => this.client.update(request, done));
    return properties(response.getProperties());
  }

  /** Reads: an empty id means that the resource is gone. */
  async read(type: string, id: string, state: PropertyMap): Promise<{ id: string; outputs: PropertyMap }> {
    const request = new rpc.ReadRequest();
    request.setId(id);
    request.setUrn(urn(type));
    request.setProperties(struct(state));
    request.setInputs(struct({}));
    const response = await this.call<rpc.ReadResponse>((done) => this.client.read(request, done));
    return { id: response.getId(), outputs: properties(response.getProperties()) };
  }

  /** Deletes. */
  async delete(type: string, id: string, state: PropertyMap): Promise<void> {
    const request = new rpc.DeleteRequest();
    request.setId(id);
    request.setUrn(urn(type));
    request.setProperties(struct(state));
    await this.call((done) => this.client.delete(request, done));
  }

  private async call<Response>(
    start: (done: (error: ServiceError | null, response: Response) => void) => unknown,
  ): Promise<Response> {
    return await new Promise((resolve, reject) => {
      start((error, response) => {
        if (error) {
          reject(new Error(error.details));
        } else {
          resolve(response);
        }
      });
    });
  }
}

function urn(type: string): string {
  return `urn:pulumi:stack::project::${type}::n`;
}

function struct(map: PropertyMap): Struct {
  return Struct.fromJavaScript(map);
}

function properties(map: Struct | undefined): PropertyMap {
  return map?.toJavaScript() ?? {};
}

function kindName(kind: rpc.PropertyDiff.Kind): string {
  return Object.entries(rpc.PropertyDiff.Kind).find(([, value]) => value === kind)?.[0] ?? String(kind);
}

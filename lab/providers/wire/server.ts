/**
 * Serves a plugin to the engine: Pulumi's ResourceProvider service over gRPC.
 *
 * Pulumi's own `@pulumi/pulumi/provider` server is not used: it passes neither `preview` nor the old inputs on, never
 * asks for previews, and gives a plugin no way to the engine's log, all of which the official plugins have.
 * What each call answers follows pulumi-go-provider v1.3.0 (provider.go, infer/resource.go), which the official
 * command plugin is built on.
 */
import { type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall, status } from "@grpc/grpc-js";
import { type IResourceProviderServer, ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { Change, diffProperties, rootOf } from "./diff";
import { EngineLog } from "./engineLog";
import { type CheckFailure, nameOf, type Operation, type Plugin, type Resource, ResourceLog, typeOf } from "./resource";
import { normalize, type PropertyMap } from "./values";

/** The kinds of a changed property on the wire: as it is, and where the change replaces the resource. */
const KINDS = {
  [Change.Add]: [rpc.PropertyDiff.Kind.ADD, rpc.PropertyDiff.Kind.ADD_REPLACE],
  [Change.Delete]: [rpc.PropertyDiff.Kind.DELETE, rpc.PropertyDiff.Kind.DELETE_REPLACE],
  [Change.Update]: [rpc.PropertyDiff.Kind.UPDATE, rpc.PropertyDiff.Kind.UPDATE_REPLACE],
} as const;

/**
 * Starts `plugin` as the engine expects: the arguments end with the engine's address, the first line on standard
 * output is the port. Ends with the engine.
 */
export async function serve(plugin: Plugin, args: readonly string[]): Promise<void> {
  const engine = args.filter((argument) => !argument.startsWith("-")).at(-1);
  const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(ResourceProviderService, implementation(plugin, engine));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error) {
        reject(error);
      } else {
        resolve(bound);
      }
    });
  });
  process.stdout.write(`${port}\n`);
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) {
      process.exit(0); // The engine is gone: nobody is left to answer to.
    }
  }, 1000).unref();
}

function implementation(plugin: Plugin, engine: string | undefined): IResourceProviderServer {
  let log = new EngineLog(engine);
  let oldInputsAreSent = false;
  const stop = new AbortController();

  const resourceOf = (urn: string): Resource => {
    const resource = plugin.resources[typeOf(urn)];
    if (!resource) {
      throw new Error(`${typeOf(urn)} is not in this stand-in of the ${plugin.name} plugin`);
    }
    return resource;
  };
  const operationOn = (urn: string, preview: boolean): Operation => ({
    urn,
    preview,
    signal: stop.signal,
    log: new ResourceLog(log, urn),
  });

  const methods = {
    getPluginInfo: unary<Empty, PluginInfo>(() => {
      const info = new PluginInfo();
      info.setVersion(plugin.version);
      return info;
    }),
    getSchema: unary<rpc.GetSchemaRequest, rpc.GetSchemaResponse>(() => {
      const response = new rpc.GetSchemaResponse();
      response.setSchema(plugin.schema);
      return response;
    }),
    attach: unary<{ getAddress(): string }, Empty>((request) => {
      log = new EngineLog(request.getAddress());
      return new Empty();
    }),
    cancel: unary<Empty, Empty>(() => {
      stop.abort();
      return new Empty();
    }),
    checkConfig: unary<rpc.CheckRequest, rpc.CheckResponse>((request) => checked(fromStruct(request.getNews()), [])),
    diffConfig: unary<rpc.DiffRequest, rpc.DiffResponse>((request) =>
      difference(fromStruct(request.getOlds()), fromStruct(request.getNews()), () => false),
    ),
    configure: unary<rpc.ConfigureRequest, rpc.ConfigureResponse>((request) => {
      oldInputsAreSent = request.getSendsOldInputs() && request.getSendsOldInputsToDelete();
      plugin.configure?.(fromStruct(request.getArgs()));
      const response = new rpc.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      response.setAcceptresources(true);
      response.setAcceptoutputs(true);
      return response;
    }),
    check: unary<rpc.CheckRequest, rpc.CheckResponse>((request) => {
      const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
      const { inputs, failures } = resourceOf(request.getUrn()).check(news, olds, nameOf(request.getUrn()));
      return checked(inputs, failures);
    }),
    diff: unary<rpc.DiffRequest, rpc.DiffResponse>((request) => {
      const resource = resourceOf(request.getUrn());
      const state = fromStruct(request.getOlds());
      const news = fromStruct(request.getNews());
      for (const name of request.getIgnorechangesList()) {
        if (state[name] !== undefined) {
          news[name] = state[name];
        }
      }
      const before = oldInputsAreSent ? fromStruct(request.getOldInputs()) : pick(state, resource.inputs);
      const olds = resource.compared?.(state, news) ?? before;
      return difference(olds, news, (path) => resource.replaces(path));
    }),
    create: unary<rpc.CreateRequest, rpc.CreateResponse>(async (request) => {
      const operation = operationOn(request.getUrn(), request.getPreview());
      const { id, outputs } = await resourceOf(operation.urn).create(operation, fromStruct(request.getProperties()));
      const response = new rpc.CreateResponse();
      response.setId(id);
      response.setProperties(toStruct(outputs));
      return response;
    }),
    update: unary<rpc.UpdateRequest, rpc.UpdateResponse>(async (request) => {
      const operation = operationOn(request.getUrn(), request.getPreview());
      const [state, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
      const outputs = await resourceOf(operation.urn).update(operation, request.getId(), state, news);
      const response = new rpc.UpdateResponse();
      response.setProperties(toStruct(outputs));
      return response;
    }),
    read: unary<rpc.ReadRequest, rpc.ReadResponse>(async (request) => {
      const operation = operationOn(request.getUrn(), false);
      const resource = resourceOf(operation.urn);
      const [state, inputs] = [fromStruct(request.getProperties()), fromStruct(request.getInputs())];
      const found = resource.read
        ? await resource.read(operation, request.getId(), state, inputs)
        : { id: request.getId(), outputs: state, inputs };
      const response = new rpc.ReadResponse();
      response.setId(found?.id ?? "");
      response.setProperties(found && toStruct(found.outputs));
      response.setInputs(found && toStruct(found.inputs));
      return response;
    }),
    delete: unary<rpc.DeleteRequest, Empty>(async (request) => {
      const operation = operationOn(request.getUrn(), false);
      await resourceOf(operation.urn).delete?.(operation, request.getId(), fromStruct(request.getProperties()));
      return new Empty();
    }),
  };
  // The calls that are left out answer UNIMPLEMENTED, which the engine takes as "this plugin does not do that".
  return methods as unknown as IResourceProviderServer;
}

/** A gRPC handler from a function of the request; what it throws becomes the call's error, message unchanged. */
function unary<Request, Response>(answer: (request: Request) => Response | Promise<Response>) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
    Promise.resolve(call.request)
      .then(answer)
      .then(
        (response) => {
          callback(null, response);
        },
        (error: unknown) => {
          callback({ code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
        },
      );
  };
}

function checked(inputs: PropertyMap, failures: readonly CheckFailure[]): rpc.CheckResponse {
  const response = new rpc.CheckResponse();
  response.setInputs(toStruct(inputs));
  response.setFailuresList(
    failures.map(({ property, reason }) => {
      const failure = new rpc.CheckFailure();
      failure.setProperty(property);
      failure.setReason(reason);
      return failure;
    }),
  );
  return response;
}

function difference(olds: PropertyMap, news: PropertyMap, replaces: (path: string) => boolean): rpc.DiffResponse {
  const own = Object.fromEntries(Object.entries(news).filter(([name]) => name !== "version" && !name.startsWith("__")));
  const changes = diffProperties(olds, own);
  const response = new rpc.DiffResponse();
  response.setChanges(
    changes.size > 0 ? rpc.DiffResponse.DiffChanges.DIFF_SOME : rpc.DiffResponse.DiffChanges.DIFF_NONE,
  );
  response.setHasdetaileddiff(true);
  response.setDiffsList([...new Set([...changes.keys()].map(rootOf))]);
  response.setReplacesList([...new Set([...changes.keys()].filter(replaces).map(rootOf))]);
  for (const [path, change] of changes) {
    const detail = new rpc.PropertyDiff();
    detail.setKind(KINDS[change][replaces(path) ? 1 : 0]);
    response.getDetaileddiffMap().set(path, detail);
  }
  return response;
}

function pick(properties: PropertyMap, names: readonly string[]): PropertyMap {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => names.includes(name)));
}

function fromStruct(struct: Struct | undefined): PropertyMap {
  return struct ? (normalize(struct.toJavaScript()) as PropertyMap) : {};
}

function toStruct(properties: PropertyMap): Struct {
  return Struct.fromJavaScript(properties);
}

/**
 * `command:remote:Command`: a command on a host, run when the resource is made, changed or removed.
 *
 * Source: pulumi-command v1.2.1 provider/pkg/provider/remote/commandController.go, commandOutputs.go, logging.go.
 */
import { randomBytes } from "node:crypto";
import { connectionOf } from "../ssh/connection";
import { dial } from "../ssh/dial";
import type { EnvironmentVariable } from "../ssh/environment";
import { goQuote } from "../ssh/goText";
import { run } from "../ssh/session";
import { Severity } from "../wire/engineLog";
import { nameOf, type Operation, type Resource } from "../wire/resource";
import { isMap, plain, type PropertyMap } from "../wire/values";
import { checkInputs, COMMAND } from "./inputs";
import { LineLog } from "./lineLog";
import { previewCreate, previewUpdate } from "./outputs";

/** Inputs and outputs without secrecy, as the code reads them. */
interface Properties {
  readonly create?: string;
  readonly update?: string;
  readonly delete?: string;
  readonly stdin?: string;
  readonly logging?: "stdout" | "stderr" | "stdoutAndStderr" | "none";
  readonly environment?: Record<string, string>;
  readonly addPreviousOutputInEnv?: boolean;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** What a command leaves in the state. */
interface Output extends PropertyMap {
  stdout: string;
  stderr: string;
}

/** The resource type. */
export const command: Resource = {
  inputs: Object.keys(COMMAND.fields),

  check: (inputs) => checkInputs(COMMAND, inputs),

  // A changed element (`triggers[0]`) is reported as an update here, as by the official plugin: it is the SDK's
  // `replaceOnChanges: ["triggers[*]"]` that makes the engine replace the resource.
  replaces: (path) => path === "triggers",

  async create(operation, inputs) {
    const id = nameOf(operation.urn) + randomBytes(4).toString("hex");
    const outputs = { ...inputs, stdout: "", stderr: "" };
    const { create } = properties(inputs);
    if (operation.preview) {
      return { id, outputs: previewCreate(outputs, inputs) };
    }
    return { id, outputs: create === undefined ? outputs : await runOn(operation, create, outputs) };
  },

  async update(operation, _id, state, inputs) {
    const { stdout = "", stderr = "" } = properties(state);
    const outputs = { ...inputs, stdout, stderr };
    if (operation.preview) {
      return previewUpdate(outputs, inputs, state, command.inputs);
    }
    const { create, update = create } = properties(inputs);
    return update === undefined ? outputs : await runOn(operation, update, outputs);
  },

  async delete(operation, _id, state) {
    const { delete: text } = properties(state);
    if (text !== undefined) {
      await runOn(operation, text, state);
    }
  },
};

function properties(map: PropertyMap): Properties {
  return plain(map) as Properties;
}

/**
 * Runs `text` with the connection, stdin and environment of `resource`; answers its properties with the new output.
 *
 * @throws Error `<exit status>: running "<text>":\n<all output>` where the command did not end well.
 */
async function runOn(operation: Operation, text: string, resource: PropertyMap): Promise<PropertyMap & Output> {
  const { stdin, logging = "stdoutAndStderr" } = properties(resource);
  const client = await dial(operation, connectionOf(resource["connection"]));
  // Never closed, like the official plugin's: each command holds a connection until the plugin ends.
  const log = new LineLog(operation.log);
  const result = await run(client, {
    text,
    ...(stdin !== undefined && { stdin }),
    environment: environment(operation, properties(resource)),
    onOutput: (stream, data) => {
      if (logging === stream || logging === "stdoutAndStderr") {
        log.write(data);
      }
    },
  });
  await log.end();
  if (result.failure !== undefined) {
    throw new Error(`${result.failure}: running ${goQuote(text)}:\n${result.combined}`);
  }
  const trim = (output: string) => output.replace(/\n$/, "");
  return { ...resource, stdout: trim(result.stdout), stderr: trim(result.stderr) };
}

/**
 * The variables to send: those of `environment`, without which the command must not run, then the output of the run
 * before, without which it may.
 */
function environment(operation: Operation, resource: Properties): EnvironmentVariable[] {
  const { environment: wanted, addPreviousOutputInEnv = true, stdout = "", stderr = "" } = resource;
  const variable = (name: string, value: string, severity: Severity): EnvironmentVariable => ({
    name,
    value,
    onRefused: () => {
      operation.log.message(severity, refusal(name));
      return severity !== Severity.ERROR;
    },
  });
  const previous = { PULUMI_COMMAND_STDOUT: stdout, PULUMI_COMMAND_STDERR: stderr };
  return [
    ...Object.entries(isMap(wanted) ? wanted : {}).map(([name, value]) => variable(name, value, Severity.ERROR)),
    ...Object.entries(addPreviousOutputInEnv ? previous : {})
      .filter(([, value]) => value !== "")
      .map(([name, value]) => variable(name, value, Severity.WARNING)),
  ];
}

function refusal(name: string): string {
  return (
    `Unable to set '${name}'. This only works if your SSH server is configured to accept\n` +
    "\tthese variables via AcceptEnv. Alternatively, if a Bash-like shell runs the command on the remote host, you could\n" +
    "\tprefix the command itself with the variables in the form 'VAR=value command'"
  );
}

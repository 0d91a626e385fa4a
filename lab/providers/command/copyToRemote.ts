/**
 * `command:remote:CopyToRemote`: a file, folder or text put on a host over SFTP. Removing the resource leaves the file.
 *
 * Source: pulumi-command v1.2.1 provider/pkg/provider/remote/copyController.go.
 */
import { randomBytes } from "node:crypto";
import { connectionOf } from "../ssh/connection";
import { dial } from "../ssh/dial";
import { openSftp } from "../ssh/sftp";
import type { CheckFailure, Operation, Resource } from "../wire/resource";
import { asSource, isMap, plain, type PropertyMap, type Source, UNKNOWN } from "../wire/values";
import { checkInputs, COPY } from "./inputs";
import { previewCreate, previewUpdate } from "./outputs";
import { upload, uploadText } from "./upload";

/** The resource type. */
export const copyToRemote: Resource = {
  inputs: Object.keys(COPY.fields),

  check(inputs) {
    const { inputs: completed, failures } = checkInputs(COPY, inputs);
    return { inputs: completed, failures: [...failures, ...(failures.length === 0 ? sourceFailures(inputs) : [])] };
  },

  replaces: (path) => path === "triggers",

  async create(operation, inputs) {
    if (operation.preview) {
      // The official plugin takes an asset for an output that is yet to be made.
      return { id: "", outputs: { ...previewCreate(inputs, inputs), source: UNKNOWN } };
    }
    await copy(operation, inputs);
    return { id: randomBytes(4).toString("hex"), outputs: withWholeAsset(inputs) };
  },

  async update(operation, _id, state, inputs) {
    if (operation.preview) {
      return previewUpdate(inputs, inputs, state, copyToRemote.inputs);
    }
    const hasMoved = plain(inputs["remotePath"] ?? "") !== plain(state["remotePath"] ?? "");
    if (hasMoved || sourceOf(inputs)?.hash !== sourceOf(state)?.hash) {
      await copy(operation, inputs);
    }
    return withWholeAsset(inputs);
  },
};

/** The outputs of what was done: a text asset comes back with a path and an address, both empty. */
function withWholeAsset(inputs: PropertyMap): PropertyMap {
  const { source } = inputs;
  return isMap(source) && asSource(source)?.kind === "asset" && asSource(source)?.text !== undefined
    ? { ...inputs, source: { path: "", uri: "", ...source } }
    : inputs;
}

function sourceOf(properties: PropertyMap): Source | undefined {
  return asSource(plain(properties["source"] ?? null));
}

function sourceFailures(inputs: PropertyMap): CheckFailure[] {
  const source = sourceOf(inputs);
  if (!source) {
    return [{ property: "asset", reason: "either asset or archive must be set" }];
  }
  if (source.kind === "asset" && source.uri !== undefined) {
    return [{ property: "asset", reason: "asset must be a path-based file asset or a text asset" }];
  }
  return source.kind === "archive" && source.path === undefined
    ? [{ property: "archive", reason: "archive must be a path to a file or directory" }]
    : [];
}

async function copy(operation: Operation, inputs: PropertyMap): Promise<void> {
  const source = sourceOf(inputs);
  const remotePath = plain(inputs["remotePath"] ?? "") as string;
  const client = await dial(operation, connectionOf(inputs["connection"]));
  try {
    const sftp = await openSftp(client);
    if (source?.path !== undefined) {
      await upload(sftp, source.path, remotePath);
    } else {
      await uploadText(sftp, source?.text ?? "", remotePath);
    }
  } finally {
    client.end();
  }
}

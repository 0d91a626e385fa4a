import * as pulumi from "@pulumi/pulumi";
import type { SpiceConsoleArgs, SshArgs } from "../components";
import { rejectValidationErrors } from "../components/validation/errors";
import { checkPrivateKey } from "../components/validation/logins";
import { type ValidationError, shown, shownKey } from "../nova";
import { warnOfClearSecrets } from "./clearSecrets";
import { isStructured, missing, notStructured } from "./configReader";
import { readKeyFile } from "./keyFile";
import { readers } from "./readers";

/** The namespace of the keys, in whatever project they stand. */
const namespace = "openstack-spice";

/** Keys that are read on their own: the private key for all nodes, its password, and a file in place of the key. */
const keyKeys = ["sshPrivateKey", "sshPrivateKeyPassword", "sshPrivateKeyFile"];

/** Keys whose empty object, which is their default, stands for "not given". */
const optional: readonly string[] = ["packageRepository", "webClient"];

type Readable = { readonly [key in keyof typeof readers]: Exclude<ReturnType<(typeof readers)[key]>, undefined> };

/**
 * The arguments of a cloud from the stack's configuration, namespace `openstack-spice`; Pulumi.example.yaml documents every key.
 *
 * The private key for all nodes comes from the secret `sshPrivateKey`, or from the file that `sshPrivateKeyFile` names, or else from the SSH agent.
 *
 * @throws RunError that lists every key that is unknown, missing or of the wrong kind
 */
export function readConfig(config = new pulumi.Config(namespace)): SpiceConsoleArgs {
  const errors: ValidationError[] = [...unknownKeys()];
  const keys = Object.keys(readers) as (keyof Readable)[];
  const args: Partial<Readable> = Object.fromEntries(keys.map((key) => [key, readKey(config, key, errors)]));
  const login = readPrivateKey(config, errors);
  const absent = ["proxy", "controllers", "computes"].filter((key) => config.get(key) === undefined);
  errors.push(...absent.map(missing));
  rejectValidationErrors("The stack's configuration", errors);
  warnOfClearSecrets(config, namespace);
  const { proxy = { baseUrl: "" }, controllers = [], computes = [], ssh } = args;
  return { ...args, proxy, controllers, computes, ssh: { ...ssh, ...login } };
}

/** The value of one key; undefined where it is not given or is wrong, which is then among the validation errors. */
function readKey(config: pulumi.Config, key: keyof Readable, errors: ValidationError[]): unknown {
  const reader = readers[key];
  const value: unknown = isStructured(reader) ? getStructure(config, key, errors) : config.get(key);
  const isGiven = value !== undefined && value !== "" && !(optional.includes(key) && isEmpty(value));
  return isGiven ? reader(value, key, errors) : undefined;
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function getStructure(config: pulumi.Config, key: string, errors: ValidationError[]): unknown {
  try {
    return config.getObject(key);
  } catch {
    errors.push(notStructured(key));
    return undefined;
  }
}

/**
 * The private key for all nodes, and its password: from the stack's secrets, or from a file. Plain texts, so that a wrong key is an argument's validation error
 * like any other; whatever connects takes them as secrets.
 */
function readPrivateKey(
  config: pulumi.Config,
  errors: ValidationError[],
): Pick<SshArgs, "privateKey" | "privateKeyPassword"> {
  const given = (key: string) => config.get(key) ?? "";
  const [key, password, file] = [given("sshPrivateKey"), given("sshPrivateKeyPassword"), given("sshPrivateKeyFile")];
  const login = password === "" ? {} : { privateKeyPassword: password };
  if (file === "") {
    return key === "" ? login : inspected("sshPrivateKey", key, login, errors);
  }
  if (key !== "") {
    const reason = "Both sshPrivateKeyFile and sshPrivateKey are set. Take one of them out.";
    errors.push({ path: "sshPrivateKeyFile", reason });
    return login;
  }
  try {
    return inspected("sshPrivateKeyFile", readKeyFile(file), login, errors);
  } catch (error) {
    const why = (error as Error).message;
    const remedy = "Give the path of a private key on this machine, or set the secret sshPrivateKey.";
    errors.push({ path: "sshPrivateKeyFile", reason: `${shown(file)} cannot be read (${why}). ${remedy}` });
    return login;
  }
}

/** The key and its password, where it can work. @param path the configuration key that it comes from */
function inspected(
  path: string,
  privateKey: string,
  login: Pick<SshArgs, "privateKeyPassword">,
  errors: ValidationError[],
): Pick<SshArgs, "privateKey" | "privateKeyPassword"> {
  const found = checkPrivateKey(privateKey, login.privateKeyPassword, path);
  errors.push(
    ...found.map((error) => ({
      ...error,
      reason: error.reason.replaceAll("privateKeyPassword", "sshPrivateKeyPassword"),
    })),
  );
  return { privateKey, ...login };
}

function unknownKeys(): readonly ValidationError[] {
  const known = [...Object.keys(readers), ...keyKeys];
  return Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(`${namespace}:`))
    .map((key) => key.slice(namespace.length + 1))
    .filter((key) => !known.includes(key))
    .map((key) => ({ path: shownKey(key), reason: `No such key. The keys are ${known.join(", ")}.` }));
}

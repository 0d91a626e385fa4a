import * as pulumi from "@pulumi/pulumi";
import * as runtimeConfig from "@pulumi/pulumi/runtime/config";

/** Keys of the configuration that are, or can have in them, keys and passwords. */
const suspects = ["sshPrivateKey", "sshPrivateKeyPassword", "ssh", "proxy", "controllers", "computes"];

/** The fields in them that are secrets. */
const secretFields = ["privateKey", "privateKeyPassword", "privateKeyPem", "password"];

/** Warns, in one line, of keys and passwords that stand in the stack's file for all to read. The configuration is known to be sound. */
export function warnOfClearSecrets(config: pulumi.Config, namespace: string): void {
  const found = suspects.flatMap((key) => {
    const value = config.get(key) ?? "";
    if (value === "" || isSecret(`${namespace}:${key}`)) {
      return [];
    }
    return key.startsWith("sshPrivateKey") ? [key] : secretsIn(JSON.parse(value), key);
  });
  const [first = ""] = found;
  if (first !== "") {
    const key = suspects.includes(first) ? first : `--path '${namespace}:${first}'`;
    void pulumi.log.warn(
      `Not encrypted in the stack's file, for all to see who can read it: ${found.join(", ")}. Set each as a secret, such as ` +
        `pulumi config set --secret ${key} < FILE, and use another key if the file was ever shared.`,
    );
  }
}

/** Paths of the secrets that are given anywhere in a value. */
function secretsIn(value: unknown, path: string): readonly string[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, part]: [string, unknown]) => {
    const at = Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`;
    return secretFields.includes(key) && part != null ? [at] : secretsIn(part, at);
  });
}

/** Whether the engine handed a key over as a secret. Its library knows, and does not say so in its types; where it does not know, nothing is warned of. */
function isSecret(key: string): boolean {
  const { isConfigSecret } = runtimeConfig as { readonly isConfigSecret?: (key: string) => boolean };
  return isConfigSecret?.(key) ?? true;
}

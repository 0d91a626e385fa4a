/**
 * Property values as the engine sends them to a plugin, and the questions a plugin asks of them.
 *
 * Source of the signatures and sentinels: pulumi/pulumi sdk/go/common/resource/sig/sig.go and
 * sdk/go/common/resource/plugin/rpc.go.
 */

/** A property value on the wire: JSON, where secrets, assets and unknowns are marked by a signature or a sentinel. */
export type PropertyValue = null | boolean | number | string | PropertyValue[] | PropertyMap;

/** The properties of a resource, by name. */
export interface PropertyMap {
  [name: string]: PropertyValue;
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";

/** What stands for a value that is not known yet (a preview). A plugin may answer with this one for any type. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const UNKNOWNS: ReadonlySet<PropertyValue> = new Set<PropertyValue>([
  UNKNOWN,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** A file, a text or an address (asset), or a folder or packed file (archive), as the engine describes it. */
export interface Source {
  readonly kind: "asset" | "archive";
  /** SHA-256 of the content, hexadecimal; empty where the engine gave none. */
  readonly hash: string;
  readonly path?: string;
  readonly text?: string;
  readonly uri?: string;
}

/** Whether `value` is an object of properties, whatever it stands for. */
export function isMap(value: PropertyValue | undefined): value is PropertyMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function signature(value: PropertyValue | undefined): string | undefined {
  const mark = isMap(value) ? value[SIGNATURE] : undefined;
  return typeof mark === "string" ? mark : undefined;
}

/** Whether `value` itself is a secret. */
export function isSecret(value: PropertyValue | undefined): value is PropertyMap {
  return signature(value) === SECRET;
}

/** Whether `value` itself is not known yet. */
export function isUnknown(value: PropertyValue | undefined): boolean {
  return value !== undefined && UNKNOWNS.has(isSecret(value) ? (value["value"] ?? null) : value);
}

/** `value` as a secret; a secret stays as it is. */
export function secret(value: PropertyValue): PropertyValue {
  return isSecret(value) ? value : { [SIGNATURE]: SECRET, value };
}

/** `value` without the marks of secrecy, at every depth. */
export function plain(value: PropertyValue): PropertyValue {
  if (isSecret(value)) {
    return plain(value["value"] ?? null);
  }
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  return isMap(value) ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)])) : value;
}

/** The asset or archive that `value` is; undefined for anything else. */
export function asSource(value: PropertyValue | undefined): Source | undefined {
  const mark = signature(value);
  if (!isMap(value) || (mark !== ASSET && mark !== ARCHIVE)) {
    return undefined;
  }
  const text = (name: string) => (typeof value[name] === "string" && value[name] !== "" ? { [name]: value[name] } : {});
  return {
    kind: mark === ASSET ? "asset" : "archive",
    hash: typeof value["hash"] === "string" ? value["hash"] : "",
    ...text("path"),
    ...text("text"),
    ...text("uri"),
  };
}

/** Whether `value` has a signature and so is one thing (secret, asset, ...), not an object to walk into. */
export function isMarked(value: PropertyValue): boolean {
  return signature(value) !== undefined;
}

/**
 * Properties as the Go providers see them: members that are null are left out, and an output value becomes its value,
 * a secret or an unknown.
 */
export function normalize(value: PropertyValue): PropertyValue {
  if (signature(value) === OUTPUT) {
    const { value: inner, secret: isHidden } = value as PropertyMap;
    const known = inner === undefined ? UNKNOWN : normalize(inner);
    return isHidden === true ? secret(known) : known;
  }
  if (Array.isArray(value)) {
    return value.map(normalize);
  }
  if (!isMap(value)) {
    return value;
  }
  const members = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(members.map(([name, inner]) => [name, normalize(inner)]));
}

/**
 * Whether two values are the same to a provider: a secret equals only a secret, assets and archives with equal hashes
 * are equal, whatever their path.
 */
export function equal(a: PropertyValue, b: PropertyValue): boolean {
  const [left, right] = [asSource(a), asSource(b)];
  if (left && right && left.kind === right.kind && left.hash !== "" && right.hash !== "") {
    return left.hash === right.hash;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((value, index) => equal(value, b[index] ?? null));
  }
  if (isMap(a) && isMap(b)) {
    const names = Object.keys(a);
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => name in b && equal(a[name] ?? null, b[name] ?? null))
    );
  }
  return a === b;
}

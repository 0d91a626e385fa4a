import type { Repository } from "../contract";
import { type ValidationError, checkSize } from "./validationError";
import { downloadReasons } from "./urls";

/** A repository of yum's or dnf's that a node gets, such as EPEL for the web client. */
export interface PackageRepository {
  /** Its short name: the section of the file, and the file's name. */
  readonly id: string;
  /** Its name as people read it. @default the id */
  readonly name?: string;
  /** Where it is, with yum's variables such as `$basearch`. One of these three. @default mirrorList or metalink */
  readonly baseUrl?: string;
  /** A list of its mirrors. EPEL's metalink works here as well. @default baseUrl or metalink */
  readonly mirrorList?: string;
  /** A list of its mirrors with checksums. @default baseUrl or mirrorList */
  readonly metalink?: string;
  /** Whether its packages' signatures are checked. @default true */
  readonly gpgCheck?: boolean;
  /** Its public key, an ASCII-armored text, which is brought to the node. @default the key is at gpgKeyPath already */
  readonly gpgKey?: string;
  /** Where the key lies on the node. @default /etc/pki/rpm-gpg/RPM-GPG-KEY-ID where gpgKey is given */
  readonly gpgKeyPath?: string;
  /** The packages that may come from it, also by later updates; an empty list is all. @default spice-html5 alone */
  readonly includePackages?: readonly string[];
  /** yum's `failovermethod`, which newer dnf passes over. @default not written */
  readonly failoverMethod?: "priority" | "roundrobin";
}

const sources = ["baseUrl", "mirrorList", "metalink"] as const;

/** Everything that is wrong with a repository. @param path where it stands in the arguments */
export function checkRepository(repository: PackageRepository, path: string): readonly ValidationError[] {
  const { id, name = id, gpgCheck = true, gpgKey, includePackages = [], failoverMethod } = repository;
  const given = sources.filter((key) => repository[key] !== undefined);
  const { settings, key = "" } = repositoryFile(repository);
  const { gpgkey = "", includepkgs = "" } = settings;
  const errors: ValidationError[] = [
    ...check(/^[A-Za-z\d][A-Za-z\d._-]{0,62}$/, id, `${path}.id`, "Give letters, digits, dots, hyphens: epel."),
    ...check(/^[\x20-\x7e]+$/, name, `${path}.name`, "Give one line of printable ASCII."),
    ...sources.flatMap((key) => {
      const url = repository[key];
      const reasons = url === undefined ? [] : downloadReasons(url, ["http", "https", "ftp", "file"]);
      const at = `${path}.${key}`;
      return [...reasons.map((reason) => ({ path: at, reason })), ...checkSize(url?.length ?? 0, "value", at)];
    }),
    ...check(/^\/[!-~]+$/, repository.gpgKeyPath, `${path}.gpgKeyPath`, "Give an absolute path on the nodes."),
    ...includePackages.flatMap((name, index) =>
      check(/^[A-Za-z\d][!-~]*$/, name, `${path}.includePackages[${index}]`, "Give the name of a package."),
    ),
    ...checkSize(name.length, "value", `${path}.name`),
    ...checkSize(gpgkey.length, "value", `${path}.gpgKeyPath`),
    ...checkSize(includepkgs.length, "value", `${path}.includePackages`),
    ...checkSize(key.length, "armored", `${path}.gpgKey`),
  ];
  if (given.length !== 1) {
    const reason = `It has ${given.length === 0 ? "none" : given.join(" and ")} of ${sources.join(", ")}. Give one of them.`;
    errors.push({ path, reason });
  }
  if (failoverMethod !== undefined && !["priority", "roundrobin"].includes(failoverMethod)) {
    const reason = "It is neither priority nor roundrobin. Give one of them, or leave it out.";
    errors.push({ path: `${path}.failoverMethod`, reason });
  }
  if (gpgKey !== undefined && !isPublicKey(gpgKey)) {
    const reason =
      "It is not an ASCII-armored public key. Give the whole text, from -----BEGIN PGP PUBLIC KEY BLOCK----- to its END line.";
    errors.push({ path: `${path}.gpgKey`, reason });
  }
  if (gpgCheck && gpgKey === undefined && repository.gpgKeyPath === undefined) {
    const reason =
      "It is missing, and gpgCheck needs it. Give the repository's public key, or gpgKeyPath where it lies on the nodes.";
    errors.push({ path: `${path}.gpgKey`, reason });
  }
  return errors;
}

/** The file of a repository. */
export function repositoryFile(repository: PackageRepository): Repository {
  const { id, name = id, gpgCheck = true, gpgKey, includePackages = ["spice-html5"], failoverMethod } = repository;
  const given = sources.filter((key) => repository[key] !== undefined);
  const keyPath = repository.gpgKeyPath ?? (gpgKey === undefined ? undefined : `/etc/pki/rpm-gpg/RPM-GPG-KEY-${id}`);
  return {
    id,
    settings: {
      name,
      ...Object.fromEntries(given.map((key) => [key.toLowerCase(), repository[key]])),
      ...(failoverMethod === undefined ? {} : { failovermethod: failoverMethod }),
      enabled: "1",
      gpgcheck: gpgCheck ? "1" : "0",
      ...(keyPath === undefined ? {} : { gpgkey: `file://${keyPath}` }),
      ...(includePackages.length === 0 ? {} : { includepkgs: includePackages.join(" ") }),
    },
    ...(gpgKey === undefined ? {} : { key: `${gpgKey.trim()}\n` }),
  };
}

/** What is risked with a repository, for warnings: one sentence each. @param path where it stands in the arguments */
export function repositoryRisks(repository: PackageRepository, path: string): readonly string[] {
  const { id, gpgCheck = true, includePackages } = repository;
  return [
    ...(gpgCheck
      ? []
      : [
          `${path}.gpgCheck is false: whoever answers in the place of the repository ${id} has root on the nodes with the next installation. Give its gpgKey, and leave gpgCheck out.`,
        ]),
    ...(includePackages?.length === 0
      ? [
          `${path}.includePackages is empty: with the next update on the nodes, packages of the repository ${id} take the place of those of others. Leave it out, and only spice-html5 comes from there.`,
        ]
      : []),
  ];
}

function isPublicKey(text: string): boolean {
  return /^-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n[\t\r\n\x20-\x7e]+-----END PGP PUBLIC KEY BLOCK-----$/.test(
    text.trim(),
  );
}

/** A validation error where a value is given that is not of this form. It does not show the value, which can be a secret that was put in the wrong place. */
function check(form: RegExp, value: string | undefined, path: string, remedy: string): readonly ValidationError[] {
  return value === undefined || form.test(value) ? [] : [{ path, reason: `It is not right. ${remedy}` }];
}

import { type ValidationError, checkSize } from "./validationError";
import { downloadReasons, hasCredentials } from "./urls";

/** Where a controller's web client comes from, in the place of the platform's own package. Either a package or an archive. */
export interface WebClient {
  /** Name of another package that has it, from a repository that the nodes know. @default archive has it */
  readonly package?: string;
  /** Where that package puts `spice_auto.html`. @default /usr/share/spice-html5 */
  readonly folder?: string;
  /** A tar archive, packed or not, such as an npm package: a path on the nodes, or a URL that they can reach. @default package has it */
  readonly archive?: string;
  /** The archive's SHA-256, 64 hexadecimal digits; another archive is not used. @default none: an archive needs it */
  readonly sha256?: string;
}

/** Validation errors of a web client. @param path where it stands in the arguments */
export function checkWebClient(client: WebClient, path: string): readonly ValidationError[] {
  const { package: name, folder, archive, sha256 } = client;
  const errors: ValidationError[] = [];
  const complain = (key: string, reason: string) => errors.push({ path: `${path}${key}`, reason });
  if ((name === undefined) === (archive === undefined)) {
    complain(
      "",
      `It has ${name === undefined ? "neither package nor archive" : "both package and archive"}. Give one of them.`,
    );
  }
  if (name !== undefined && !/^[A-Za-z\d][A-Za-z\d.+_-]*$/.test(name)) {
    complain(".package", "It is no name of a package. Give one like spice-html5.");
  }
  if (folder !== undefined && (archive !== undefined || !isPath(folder))) {
    const reason = archive === undefined ? "It is not an absolute path." : "An archive has a folder of its own.";
    complain(".folder", `${reason} Give the folder into which the package puts spice_auto.html, or leave it out.`);
  }
  if (archive !== undefined && !isPath(archive)) {
    for (const reason of archiveReasons(archive)) {
      complain(".archive", reason);
    }
  }
  if (archive !== undefined && !/^[\da-f]{64}$/.test(sha256 ?? "")) {
    const reason = sha256 === undefined ? "It is missing" : "It is no SHA-256";
    complain(
      ".sha256",
      `${reason}. Give the 64 hexadecimal digits that 'sha256sum' prints for the archive, in lower case.`,
    );
  }
  errors.push(
    ...checkSize(name?.length ?? 0, "package", `${path}.package`),
    ...checkSize((folder?.length ?? 0) - 1, "path", `${path}.folder`),
    ...checkSize(archive?.replace(/^(\/|https?:\/\/)/, "").length ?? 0, "path", `${path}.archive`),
  );
  if (archive === undefined && sha256 !== undefined) {
    complain(".sha256", "It is for an archive: packages have signatures. Take it out.");
  }
  return errors;
}

function archiveReasons(archive: string): readonly string[] {
  return /^https?:\/\/[!-~]+$/.test(archive) || hasCredentials(archive)
    ? downloadReasons(archive, ["http", "https"])
    : ["It is neither an absolute path on the nodes nor a URL of http or https. Give one of them, without blanks."];
}

/** A path that can stand in a unit file as one word, and in a line of a document. */
function isPath(text: string): boolean {
  return /^\/[\w./+-]+$/.test(text) && !text.split("/").includes("..");
}

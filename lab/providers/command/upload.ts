/**
 * Where an upload ends up.
 *
 * | source | target is a folder     | target is missing     | target is a file   |
 * | ------ | ---------------------- | --------------------- | ------------------ |
 * | folder | target/folder          | target/folder         | error              |
 * | folder/| its content in target  | its content in target | error              |
 * | file   | target/file            | target                | target, overwritten|
 * | text   | error                  | target                | target, overwritten|
 *
 * Parents are made where they are missing. Mode and owner are what the host gives new files.
 * Source: pulumi-command v1.2.1 provider/pkg/provider/remote/copyController.go.
 */
import { readdir, stat } from "node:fs/promises";
import { posix } from "node:path";
import { systemError } from "../ssh/connection";
import { goBase, goDir } from "../ssh/goText";
import { Kind, type RemoteFiles } from "../ssh/sftp";

/** Puts `text` into the file `target`. */
export async function uploadText(files: RemoteFiles, text: string, target: string): Promise<void> {
  if ((await files.kindOf(target)) === Kind.Folder) {
    throw new Error(`remote path ${target} is a directory; when using a text asset, remotePath must be a file path`);
  }
  await makeParents(files, target);
  await files.writeText(target, text);
}

/** Copies the local file or folder `source` to `target`. */
export async function upload(files: RemoteFiles, source: string, target: string): Promise<void> {
  const isFolder = await isLocalFolder(source);
  const kind = await files.kindOf(target);
  if (!isFolder) {
    const file = kind === Kind.Folder ? posix.join(target, goBase(source)) : target;
    if (kind === Kind.Missing) {
      await makeParents(files, file);
    }
    await files.copyFile(source, file);
    return;
  }
  if (kind === Kind.Missing) {
    await inFolder(target, () => files.makeFolders(target));
  }
  const folder = source.endsWith("/") ? target : posix.join(target, goBase(source));
  await copyFolder(files, source, folder);
}

async function copyFolder(files: RemoteFiles, source: string, target: string): Promise<void> {
  const kind = await files.kindOf(target);
  if (kind === Kind.File) {
    throw new Error(`remote path ${target} exists but is not a directory`);
  }
  if (kind === Kind.Missing) {
    await inFolder(target, () => files.makeFolder(target));
  }
  const entries = await readdir(source, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const [from, to] = [posix.join(source, entry.name), posix.join(target, entry.name)];
    await (entry.isDirectory() ? copyFolder(files, from, to) : files.copyFile(from, to));
  }
}

async function makeParents(files: RemoteFiles, target: string): Promise<void> {
  try {
    await files.makeFolders(goDir(target));
  } catch (error) {
    throw new Error(`failed to create parent directories for ${target}: ${(error as Error).message}`);
  }
}

async function inFolder(path: string, make: () => Promise<void>): Promise<void> {
  try {
    await make();
  } catch (error) {
    throw new Error(`failed to create remote directory ${path}: ${(error as Error).message}`);
  }
}

async function isLocalFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw new Error(`open ${path}: ${systemError(error as NodeJS.ErrnoException)}`);
  }
}

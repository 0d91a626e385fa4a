import type { LabNode } from "../../support/lab";

/** Files of a node, as they are read on the node itself or from an image of its disks. */
export interface Tree {
  /** Every path below /etc, /usr/local and /var/lib/openstack-spice: its type, owner, mode and, of files, size, checksum and extended attributes. */
  readonly paths: Readonly<Record<string, string>>;
  /** The text of a role's journal, by its path. */
  readonly journals: Readonly<Record<string, string>>;
}

/** What a node has now. */
export async function treeOf(node: LabNode): Promise<Tree> {
  const tops = ["/etc", "/usr/local", "/var/lib/openstack-spice"];
  return JSON.parse(await node.read(`python3 - ${tops.map((top) => `${top}=${top}`).join(" ")}`, READ_TREE)) as Tree;
}

/**
 * A Python program that prints a {@link Tree}: each argument is a folder as the node calls it, and where it is. What the program unpacked is left out: it
 * is made again where it is damaged (node/start.py).
 */
export const READ_TREE = String.raw`
import hashlib, json, os, re, stat, sys

def describe(path):
    info = os.lstat(path)
    words = ["%d:%d" % (info.st_uid, info.st_gid), oct(info.st_mode)]
    if stat.S_ISLNK(info.st_mode):
        return " ".join(words + ["-> " + os.readlink(path)])
    if stat.S_ISREG(info.st_mode):
        with open(path, "rb") as file:
            data = file.read()
        words += ["%d bytes" % len(data), hashlib.sha256(data).hexdigest()]
    return " ".join(words + ["%s=%s" % (name, os.getxattr(path, name).hex()) for name in sorted(os.listxattr(path))])

paths, journals = {}, {}
for argument in sys.argv[1:]:
    name, _, top = argument.partition("=")
    for folder, folders, files in os.walk(top):
        called = name + folder[len(top):]
        if called.endswith("/programs"):
            folders[:] = []
        for entry in folders + files:
            path = called + "/" + entry
            paths[path] = describe(folder + "/" + entry)
            if entry == "journal":
                with open(folder + "/" + entry, errors="surrogateescape") as file:
                    journals[path] = file.read()
    if os.path.isdir(top):
        paths[name] = describe(top)
print(json.dumps(dict(paths=paths, journals=journals)))
`;

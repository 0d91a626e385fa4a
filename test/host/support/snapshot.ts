import type { LabNode } from "../../support/lab";

/** What the host program could change on a node, to be compared as a whole. */
export interface Snapshot {
  /** Every path below /etc: its type, owner, mode and, of files, checksum, link target and extended attributes. */
  readonly etc: Readonly<Record<string, string>>;
  /** Checksum of the package database, dpkg's and rpm's. */
  readonly packages: string;
  /** Enablement and activity of each unit of Nova's and of the firewalls. */
  readonly units: Readonly<Record<string, string>>;
  /** Main process and start of each of these units that runs: another one means that it was restarted. */
  readonly processes: Readonly<Record<string, string>>;
  /** The rules in the kernel, without packet counts. */
  readonly rules: readonly string[];
  /** The program's own files outside /etc, but for its lock. */
  readonly own: readonly string[];
}

/** Takes a snapshot by a small Python program, which every node with Nova can run. */
export async function snapshot(node: LabNode): Promise<Snapshot> {
  return JSON.parse(await node.read("python3 -", SNAPSHOT_PROGRAM)) as Snapshot;
}

/** What differs in /etc between two snapshots, by path: `added`, `removed` or `changed`. */
export function changedPaths(before: Snapshot, after: Snapshot): Record<string, string> {
  const paths = [...new Set([...Object.keys(before.etc), ...Object.keys(after.etc)])].sort();
  const changes: Record<string, string> = {};
  for (const path of paths) {
    if (before.etc[path] !== after.etc[path]) {
      changes[path] = before.etc[path] === undefined ? "added" : after.etc[path] === undefined ? "removed" : "changed";
    }
  }
  return changes;
}

const SNAPSHOT_PROGRAM = String.raw`
import glob, hashlib, json, os, pwd, grp, re, stat, subprocess

def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True).stdout

def describe(path):
    info = os.lstat(path)
    words = [pwd.getpwuid(info.st_uid).pw_name + ":" + grp.getgrgid(info.st_gid).gr_name, oct(info.st_mode)]
    if stat.S_ISLNK(info.st_mode):
        words.append("-> " + os.readlink(path))
    elif stat.S_ISREG(info.st_mode):
        words.append(hashlib.sha256(open(path, "rb").read()).hexdigest())
    if not stat.S_ISLNK(info.st_mode):
        words += ["%s=%s" % (name, os.getxattr(path, name).hex()) for name in sorted(os.listxattr(path))]
    return " ".join(words)

etc = {}
for folder, folders, files in os.walk("/etc"):
    for name in folders + files:
        path = os.path.join(folder, name)
        etc[path] = describe(path)

names = run("systemctl", "list-unit-files", "--no-legend", "nova-*.service", "openstack-nova-*.service", "nftables.service", "netfilter-persistent.service", "firewalld.service", "ufw.service", "iptables.service", "ip6tables.service", "libvirtd.service")
units, processes = {}, {}
for name in sorted(line.split()[0] for line in names.splitlines()):
    show = dict(line.split("=", 1) for line in run("systemctl", "show", name, "-p", "UnitFileState,ActiveState,MainPID,InvocationID").splitlines())
    units[name] = show["UnitFileState"] + " " + show["ActiveState"]
    if show["ActiveState"] == "active":
        processes[name] = show["MainPID"] + " " + show["InvocationID"]

rules = run("iptables-save") + run("ip6tables-save") + run("nft", "list", "ruleset")
rules = re.sub(r"\[\d+:\d+\]|counter packets \d+ bytes \d+", "", rules)
rules = [line for line in rules.splitlines() if not line.startswith("#")]

own = [os.path.join(folder, name) for top in ("/var/lib/openstack-spice", "/run/openstack-spice") for folder, folders, files in os.walk(top) for name in folders + files]
own = [path for path in own if os.path.isfile(path)] + glob.glob("/run/openstack-spice.*") + glob.glob("/usr/local/sbin/*")

rpms = "".join(sorted(run("rpm", "-qa").splitlines(True))) if os.path.exists("/var/lib/rpm") else ""
packages = hashlib.sha256(open("/var/lib/dpkg/status", "rb").read() + rpms.encode()).hexdigest()
print(json.dumps(dict(etc=etc, packages=packages, units=units, processes=processes, rules=rules, own=sorted(own))))
`;

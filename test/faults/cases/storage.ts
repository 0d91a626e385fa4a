import type { Point } from "../../host/support/injection";
import type { FaultCase } from "../support/faultCase";

/** A folder on a small file system of its own that is full from a point on; and that comes back as it was. */
function full(name: string, folder: string, point: Point): FaultCase {
  return {
    name: `disk full at ${name}`,
    befall: async (node) => {
      await node.root(
        `mkdir -p ${folder} /root/kept && cp -a ${folder}/. /root/kept/ && mount -t tmpfs -o size=24m,mode=$(stat -c %a ${folder}) tmpfs ${folder} && cp -a /root/kept/. ${folder}/ && chown --reference=/root/kept ${folder}`,
      );
      const run = `cat /dev/zero >${folder}/full 2>/dev/null`;
      const outcome = await node.converge({ at: [{ point, when: "before", run }] });
      if (outcome.status === 0) {
        throw new Error(`the disk was full, and yet it converged:\n${outcome.stderr}`);
      }
      await node.root(`umount ${folder}; rm -rf /root/kept; rmdir --ignore-fail-on-non-empty ${folder}`);
    },
    alone: "as it was",
  };
}

/** Nobody can read what was changed then but in syslog; that is no reason not to change it, and none to put it back. */
const fullLog: FaultCase = {
  name: "disk full at the audit log",
  befall: async (node) => {
    await node.root(
      "cp -a /var/log /root/log && mount -t tmpfs -o size=24m,mode=755 tmpfs /var/log && cp -a /root/log/. /var/log/ && { cat /dev/zero >/var/log/full 2>/dev/null || :; }",
    );
    const { status, stderr } = await node.converge();
    // journald goes on writing where it began to, below the full one.
    await node.root("umount -l /var/log; rm -r /root/log");
    const line = await node.root("journalctl -q -o cat -t openstack-spice | tail -n 1");
    if (status !== 0 || !/^controller converge by=\S+ stack=\S+ program=[0-9a-f]{64}: /.test(line)) {
      throw new Error(`it was to end with 0 and a line in syslog, and ended with ${status} and '${line}':\n${stderr}`);
    }
  },
  alone: "converged",
};

/** Something about files that a check finds before anything is written. */
function refused(name: string, prepare: string, undo: string, message: RegExp): FaultCase {
  return {
    name,
    befall: async (node) => {
      await node.root(prepare);
      const { status, stderr } = await node.converge();
      await node.root(undo);
      if (status !== 3 || !message.test(stderr)) {
        throw new Error(`it was to be refused as ${message}, and ended with ${status}:\n${stderr}`);
      }
    },
    alone: "as it was",
  };
}

const edited: FaultCase = {
  name: "nova.conf edited by someone between the check and the write",
  befall: async (node) => {
    const run = "echo '# mine' >>/etc/nova/nova.conf";
    const { status } = await node.converge({ at: [{ point: "change", when: "after", run }] });
    const conf = await node.root("tail -n 1 /etc/nova/nova.conf");
    if (status !== 1 || conf !== "# mine\n") {
      throw new Error(`the edit is lost, or was not noticed (${status}): ${conf}`);
    }
    await node.root(
      "head -n -1 /etc/nova/nova.conf >/root/conf && cat /root/conf >/etc/nova/nova.conf && rm /root/conf",
    );
  },
  alone: "as it was",
};

const symlink: FaultCase = {
  name: "nova.conf is a link",
  befall: async (node) => {
    await node.root("mv /etc/nova/nova.conf /srv/nova.conf && ln -s /srv/nova.conf /etc/nova/nova.conf");
    const first = await node.converge();
    const second = await node.revert();
    const kind = await node.root("readlink /etc/nova/nova.conf");
    if (first.status !== 0 || second.status !== 0 || kind !== "/srv/nova.conf\n") {
      throw new Error(`the link did not stay one: ${kind}${first.stderr}${second.stderr}`);
    }
    await node.root("rm /etc/nova/nova.conf && mv /srv/nova.conf /etc/nova/nova.conf");
  },
  alone: "as it was",
};

/** Disks and files that do not do as usual. */
export const storage: readonly FaultCase[] = [
  full("its journal", "/var/lib/openstack-spice", "journal"),
  full("the rewritten nova.conf", "/etc/nova", "replace-file"),
  full("the drop-in", "/etc/systemd/system", "write-launcher"),
  full("its record", "/var/lib/openstack-spice", "commit"),
  full("the node's own command", "/usr/local/sbin", "write-launcher"),
  fullLog,
  refused(
    "file system of nova.conf read-only",
    "mount --bind /etc/nova /etc/nova && mount -o remount,ro,bind /etc/nova",
    "umount /etc/nova",
    /\/etc\/nova\/nova\.conf cannot be written \(a read-only file system\?\)/,
  ),
  refused(
    "nova.conf mounted by itself",
    "cp -a /etc/nova/nova.conf /srv/nova.conf && mount --bind /srv/nova.conf /etc/nova/nova.conf",
    "umount /etc/nova/nova.conf; rm /srv/nova.conf",
    /\/etc\/nova\/nova\.conf is mounted by itself/,
  ),
  refused(
    "nova.conf immutable",
    "chattr +i /etc/nova/nova.conf",
    "chattr -i /etc/nova/nova.conf",
    /\/etc\/nova\/nova\.conf is immutable/,
  ),
  symlink,
  edited,
];

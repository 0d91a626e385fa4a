import { existsSync, readFileSync, readdirSync } from "node:fs";
import { copyFile, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type LabNode, start } from "../../support/lab";
import { READ_TREE, type Tree } from "./tree";

/**
 * Images of a lab node's own disks (`lab/disks.sh`), each as a power cut would leave the disks at that moment: what the kernel has written to them by then,
 * since the program synced it or by itself. Nothing here syncs, freezes or unmounts anything of the node's.
 */

/** The disks: /etc and /usr/local are on the first, /var/lib on the second. */
const DISKS = ["etc", "var"] as const;
type DiskName = (typeof DISKS)[number];

/** So many bytes are compared at once. */
const BLOCK = 65536;

/** The disks at one moment: the blocks that differ from the first image's, by disk and place. */
export interface Image {
  /** The moment: `rename /etc/nova/nova.conf`, and it is after that. */
  readonly when: string;
  readonly blocks: Readonly<Record<DiskName, ReadonlyMap<number, Buffer>>>;
}

/** Where a program on the node says what it has just done, and waits for an answer: what its build announces names by. */
export const ANNOUNCEMENTS = "/run/power-cut";

/** Shell text for the node: what the program announces goes to standard output, and a line of standard input is the answer. */
const LISTEN = `rm -rf ${ANNOUNCEMENTS}; mkdir ${ANNOUNCEMENTS} && cd ${ANNOUNCEMENTS} && mkfifo asked answered && exec 3<>asked 4<>answered && echo ready
while read -r line <&3 && [[ $line != end ]]; do
  echo "$line"; read -r answer && echo "$answer" >&4
done
rm -r ${ANNOUNCEMENTS}`;

/** Takes images of a node's disks. */
export class DiskImages {
  private last: Image = { when: "", blocks: { etc: new Map(), var: new Map() } };
  private readonly written = { etc: "", var: "" };
  private constructor(
    private readonly node: LabNode,
    private readonly folder: string,
    private readonly first: Readonly<Record<DiskName, Buffer>>,
  ) {}

  /** What is on the disks by now is what later images differ from. */
  static async of(node: LabNode): Promise<DiskImages> {
    const folder = await mkdtemp(join(tmpdir(), "power-cut-"));
    const first = { etc: readFileSync(imageFile(node, "etc")), var: readFileSync(imageFile(node, "var")) };
    for (const disk of DISKS) {
      await writeFile(join(folder, disk), first[disk]);
    }
    return new DiskImages(node, folder, first);
  }

  /** Takes an image now. One that is the same as the last one has its very `blocks`. */
  take(when: string): Image {
    const { blocks } = this.last;
    const now = { etc: this.changedBlocks("etc") ?? blocks.etc, var: this.changedBlocks("var") ?? blocks.var };
    const isSame = DISKS.every((disk) => now[disk] === blocks[disk]);
    this.last = { when, blocks: isSame ? blocks : now };
    return this.last;
  }

  /** Takes an image at each moment that a program announces by {@link ANNOUNCEMENTS} while `run` is at work; all of them. */
  async during(run: () => Promise<void>): Promise<readonly Image[]> {
    const taken: Image[] = [];
    const listener = this.node.talk(LISTEN);
    const lines = createInterface(listener.stdout)[Symbol.asyncIterator]();
    if ((await lines.next()).value !== "ready") {
      throw new Error(`${this.node.name} has nobody who listens to the program`);
    }
    const answering = (async () => {
      for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
        taken.push(this.take(line.value));
        listener.stdin.write("taken\n");
      }
    })();
    try {
      await run();
    } finally {
      await this.node.read(`echo end >${ANNOUNCEMENTS}/asked`);
      await answering;
    }
    return taken;
  }

  /** What is on the disks of an image, once they are mounted with these options. They are a copy, and are unmounted again. */
  async look(image: Image, options: string): Promise<Tree> {
    const folder = await mkdtemp(join(this.folder, "look-"));
    await this.write(image, folder);
    const script = `set -e; cd "$1"; mkdir e v
      mount -t ext4 -o "loop,$2" etc.img e; mount -t ext4 -o "loop,$2" var.img v
      python3 - /etc=e/etc /usr/local=e/usr/local /var/lib/openstack-spice=v/var/lib/openstack-spice
      umount e v`;
    const isolated = ["--mount", "--propagation", "private", "bash", "-c", script, "look", folder, options];
    const { status, stdout, stderr } = await start("unshare", isolated, { input: READ_TREE });
    await rm(folder, { recursive: true });
    if (status !== 0) {
      throw new Error(`the image after ${image.when} cannot be looked at: ${stderr}`);
    }
    return JSON.parse(stdout) as Tree;
  }

  /** Cuts the node's power, and boots it from an image. */
  async boot(image: Image): Promise<void> {
    await this.node.cut();
    await this.write(image, this.node.disks);
    await this.node.start();
  }

  /** Removes what was kept of the images. */
  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  /** Writes an image's disks to new files in a folder. */
  private async write({ blocks }: Image, folder: string): Promise<void> {
    for (const disk of DISKS) {
      const file = join(folder, `${disk}.img`);
      // A file that the node had mounted may be in use for a moment yet.
      await rm(file, { force: true });
      await copyFile(join(this.folder, disk), file);
      const opened = await open(file, "r+");
      for (const [place, bytes] of blocks[disk]) {
        await opened.write(bytes, 0, bytes.length, place);
      }
      await opened.close();
    }
  }

  /** The blocks of a disk that differ from the first image; undefined where nothing was written to it since the last one. */
  private changedBlocks(disk: DiskName): ReadonlyMap<number, Buffer> | undefined {
    const written = writesTo(imageFile(this.node, disk));
    if (written === this.written[disk]) {
      return undefined;
    }
    this.written[disk] = written;
    const now = readFileSync(imageFile(this.node, disk));
    const changed = new Map<number, Buffer>();
    for (let place = 0; place < now.length; place += BLOCK) {
      const block = now.subarray(place, place + BLOCK);
      if (!block.equals(this.first[disk].subarray(place, place + BLOCK))) {
        changed.set(place, Buffer.from(block));
      }
    }
    return changed;
  }
}

const imageFile = (node: LabNode, disk: DiskName) => join(node.disks, `${disk}.img`);

/** How much the kernel has written to a loop device by now, in its own words. @throws where the file is no loop device's */
function writesTo(file: string): string {
  for (const device of readdirSync("/sys/block").filter((name) => name.startsWith("loop"))) {
    if (existsSync(`/sys/block/${device}/loop`) && textOf(`/sys/block/${device}/loop/backing_file`) === file) {
      // Requests, merged ones and sectors: written; then those on their way; discarded; flushed (Documentation/block/stat.rst).
      const words = textOf(`/sys/block/${device}/stat`).split(/\s+/);
      return [device, ...words.slice(4, 7), words[8], ...words.slice(11, 14), words[15]].join(" ");
    }
  }
  throw new Error(`no loop device has ${file}`);
}

const textOf = (file: string) => readFileSync(file, "utf8").trim();

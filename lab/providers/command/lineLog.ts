/** Output of a command, line by line, to the engine's log while the command runs. */
import { Severity } from "../wire/engineLog";
import type { ResourceLog } from "../wire/resource";

/** The longest line the official plugin can take (Go's bufio.MaxScanTokenSize), in bytes. */
const LONGEST_LINE = 64 * 1024;

/** Splits output into lines. Both streams go into the same one, so unfinished lines of the two can mix. */
export class LineLog {
  private pending = Buffer.alloc(0);
  private isOverflowing = false;

  constructor(private readonly log: ResourceLog) {}

  /** Logs the lines that `data` completes. */
  write(data: Buffer): void {
    if (this.isOverflowing) {
      return;
    }
    this.pending = Buffer.concat([this.pending, data]);
    for (let end = this.pending.indexOf(10); end !== -1; end = this.pending.indexOf(10)) {
      if (end >= LONGEST_LINE) {
        break;
      }
      this.line(this.pending.subarray(0, end));
      this.pending = this.pending.subarray(end + 1);
    }
    this.isOverflowing = this.pending.length >= LONGEST_LINE;
  }

  /**
   * Logs what is left, and waits until the engine has all of it.
   *
   * @throws Error after a line of 64 KiB or more. The official plugin never returns from that, which a test could only
   * see as a hang: its log reader stops, and the command's output blocks.
   */
  async end(): Promise<void> {
    if (this.isOverflowing) {
      throw new Error(
        "a line of the output is 64 KiB or longer: with logging on, the official command plugin hangs here",
      );
    }
    if (this.pending.length > 0) {
      this.line(this.pending);
    }
    await this.log.flushed();
  }

  private line(bytes: Buffer): void {
    this.log.status(Severity.INFO, bytes.toString("utf8").replace(/\r$/, ""));
  }
}

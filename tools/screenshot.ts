/**
 * npm run screenshot -- URL FILE.png [SECONDS]: opens a console's URL in headless Chromium, waits until the web client has drawn the guest's screen,
 * and writes a picture of the page. Needs Debian's package `chromium`, or another one that CHROMIUM names. Talks to it by the DevTools protocol, over a pipe.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

/** As large as the lab's guest and the web client's own buttons need. */
const view = { width: 800, height: 560, deviceScaleFactor: 1, mobile: false };

const flags = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
];

/** How many pixels of the page's canvases are not black, which is what a guest's screen is until something is drawn. */
const drawnPixels = `[...document.querySelectorAll("canvas")].reduce((sum, canvas) => {
  const { width, height } = canvas;
  if (width * height === 0) return sum;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  let drawn = 0;
  for (let at = 0; at < data.length; at += 4) if (data[at] + data[at + 1] + data[at + 2] > 60) drawn += 1;
  return sum + drawn;
}, 0)`;

/** More than a cursor: some words. */
const enoughPixels = 500;

/** One Chromium, and what is asked of it. */
class Browser {
  private readonly home = mkdtempSync(join(tmpdir(), "openstack-spice-chromium-"));
  private readonly process: ChildProcess;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private last = 0;
  private unread = "";

  constructor(program: string) {
    const args = [...flags, `--user-data-dir=${this.home}`, "about:blank"];
    this.process = spawn(program, args, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.process.on("error", (error) => {
      rmSync(this.home, { recursive: true, force: true });
      end(
        `${program} does not start: ${error.message}. Install Debian's package chromium, or name another one in CHROMIUM.`,
      );
    });
    (this.process.stdio[4] as Readable).setEncoding("utf8").on("data", (text: string) => {
      const messages = (this.unread + text).split("\0");
      this.unread = messages.pop() ?? "";
      for (const message of messages) {
        const { id, ...answer } = JSON.parse(message) as Answer & { id?: number };
        if (id !== undefined) {
          this.waiting.get(id)?.(answer);
          this.waiting.delete(id);
        }
      }
    });
  }

  /** Calls a method of the protocol. @throws Error where Chromium says that it failed */
  async call<T>(method: string, params: object, sessionId?: string): Promise<T> {
    this.last += 1;
    const id = this.last;
    const answer = new Promise<Answer>((resolve) => this.waiting.set(id, resolve));
    (this.process.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    const { result, error } = await answer;
    if (error !== undefined) {
      throw new Error(`${method}: ${error.message}`);
    }
    return result as T;
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill();
    await ended;
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** Writes the picture. @throws Error where nothing is drawn in time */
async function screenshot(url: string, file: string, seconds: number): Promise<void> {
  const browser = new Browser(process.env["CHROMIUM"] ?? "chromium");
  try {
    const { targetId } = await browser.call<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
    const attach = { targetId, flatten: true };
    const { sessionId } = await browser.call<{ sessionId: string }>("Target.attachToTarget", attach);
    await browser.call("Emulation.setDeviceMetricsOverride", view, sessionId);
    await browser.call("Page.navigate", { url }, sessionId);
    const deadline = Date.now() + seconds * 1000;
    for (let drawn = 0; drawn < enoughPixels;) {
      if (Date.now() > deadline) {
        throw new Error(
          `The page has drawn no guest's screen within ${seconds} s (${drawn} pixels). Is the URL's token still valid?`,
        );
      }
      await pause(500);
      const expression = { expression: drawnPixels };
      const { result } = await browser.call<{ result: { value?: number } }>("Runtime.evaluate", expression, sessionId);
      drawn = result.value ?? 0;
    }
    // What is drawn in parts is whole by then.
    await pause(2000);
    const { data } = await browser.call<{ data: string }>("Page.captureScreenshot", { format: "png" }, sessionId);
    writeFileSync(file, Buffer.from(data, "base64"));
  } finally {
    await browser.close();
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function end(message: string): never {
  process.stderr.write(`screenshot: error: ${message}\n`);
  process.exit(1);
}

const [url, file, seconds = "60"] = process.argv.slice(2);
if (url === undefined || file === undefined || !/^\d+$/.test(seconds)) {
  end("Give the console's URL and the picture's file: npm run screenshot -- URL FILE.png [SECONDS]");
}
screenshot(url, file, Number(seconds)).catch((error: unknown) => {
  end((error as Error).message);
});

/** The README and docs/: what is linked is there, is found, and fits. */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { lineWidth } from "../../../tools/documents";

const repository = join(__dirname, "../../..");
const read = (file: string) => readFileSync(join(repository, file), "utf8");
const markdownIn = (folder: string) =>
  readdirSync(join(repository, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
const pages = markdownIn("docs");
const documents = [...markdownIn("."), ...pages, ...markdownIn("lab/providers")];

/** A document's text without what is code. */
const prose = (file: string) => read(file).replace(/^```.*?^```$/gms, "");

/** Where the links and pictures of a document lead, as they stand there. */
const targets = (file: string) =>
  [...prose(file).matchAll(/\]\(([^)\s]+)\)/g), ...prose(file).matchAll(/^\[[^\]]+\]: (\S+)$/gm)].map(
    ([, target = ""]) => target,
  );

/** The anchors of a document's headings, as GitHub makes them. */
const anchors = (file: string) =>
  [...prose(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );

/** The file of the repository that a link leads to, and the anchor there; undefined for a link to elsewhere. */
function destination(file: string, target: string): { file: string; anchor: string } | undefined {
  if (/^(https?|mailto):/.test(target)) {
    return undefined;
  }
  const [path = "", anchor = ""] = target.split("#");
  return { file: path === "" ? file : relative(repository, resolve(repository, dirname(file), path)), anchor };
}

/** What is wrong with the links of a document. */
const deadLinks = (file: string) =>
  targets(file).filter((target) => {
    const to = destination(file, target);
    return (
      to !== undefined &&
      (!existsSync(join(repository, to.file)) || (to.anchor !== "" && !anchors(to.file).includes(to.anchor)))
    );
  });

/** The Markdown files of the repository that a document links to. */
const linked = (file: string) => targets(file).flatMap((target) => destination(file, target)?.file ?? []);

/** What is reached from the README by at most this many links. */
function within(links: number): readonly string[] {
  let reached = ["README.md"];
  for (let link = 0; link < links; link += 1) {
    reached = [...new Set([...reached, ...reached.filter((file) => file.endsWith(".md")).flatMap(linked)])];
  }
  return reached;
}

describe("the documents", () => {
  it.each(documents)("have no dead link: %s", (file) => {
    expect(targets(file).length + anchors(file).length).toBeGreaterThan(0);
    expect(deadLinks(file)).toEqual([]);
  });

  it.each(["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", ...pages])(
    "have no line that is too long: %s",
    (file) => {
      expect(
        read(file)
          .split("\n")
          .filter((line) => line.length > lineWidth),
      ).toEqual([]);
    },
  );

  it.each(pages)("have pages that can be read in one go: %s", (file) => {
    expect(statSync(join(repository, file)).size).toBeLessThanOrEqual(12 * 1024);
  });

  it("have pictures that are small", () => {
    const pictures = documents.flatMap(linked).filter((file) => file.endsWith(".png"));
    expect(pictures).toEqual(["docs/images/console.png"]);
    expect(statSync(join(repository, "docs/images/console.png")).size).toBeLessThan(150 * 1024);
  });
});

describe("the README", () => {
  it("has at most 8 KB", () => {
    expect(statSync(join(repository, "README.md")).size).toBeLessThanOrEqual(8 * 1024);
  });

  it("leads to each how-to page by at most two links", () => {
    const howTo = /\*\*How-to\*\*\n\n((?:- .*\n)+)/.exec(read("docs/README.md"))?.[1] ?? "";
    const names = [...howTo.matchAll(/\]\(([^)]+)\)/g)].map(([, name = ""]) => join("docs", name));
    expect(names.length).toBeGreaterThanOrEqual(8);
    expect(names.filter((name) => !within(2).includes(name))).toEqual([]);
  });

  it("leads to every other page likewise, and the list of pages names each", () => {
    expect(pages.filter((page) => !within(2).includes(page))).toEqual([]);
    expect(pages.filter((page) => page !== "docs/README.md" && !linked("docs/README.md").includes(page))).toEqual([]);
  });
});

describe("docs/configuration.md", () => {
  // What sets one option of nova.conf stands with that option.
  const page = read("docs/configuration.md") + read("docs/options.md");
  const named = new Set([...page.matchAll(/`([^`]+)`/g)].flatMap(([, text = ""]) => text.split(".")));

  it("has every key that the example has", () => {
    const keys = [...read("Pulumi.example.yaml").matchAll(/^ +(?:- )?(?:openstack-spice:)?([A-Za-z\d]+):(?: |$)/gm)];
    expect(keys.length).toBeGreaterThan(70);
    expect(keys.map(([, key = ""]) => key).filter((key) => !named.has(key))).toEqual([]);
  });
});

describe("docs/messages.md", () => {
  const sources = (folder: string) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(ts|py|sh)$/.test(name))
      .map((name) => read(join(folder, name)));
  const code = ["node", "components", "contract", "nova", "program", "remote"]
    .flatMap(sources)
    .join("\n")
    // Texts of several lines.
    .replace(/"\s+"/g, "")
    // What the program puts in their places.
    .replaceAll("{queue}", "its message queue")
    .replaceAll("{file}", "/etc/nova/nova.conf");
  /** What others print: SSH's library, coreutils, Nova. */
  const ofOthers = /^ssh: |^no common algorithm|: FAILED$|^Unavailable console type/;
  const quoted = [...read("docs/messages.md").matchAll(/^- ((?:`[^`]+`(?:,\s+|(?= \(|:)))+)/gm)]
    .flatMap(([, head = ""]) => [...head.matchAll(/`([^`]+)`/g)].map(([, message = ""]) => message))
    .filter((message) => !ofOthers.test(message));

  it.each(quoted)("quotes what the code prints: %s", (message) => {
    const constant = message
      .split(/\.\.\.|\b(?:USER|UNIT|N|V|dnf)\b|\d[\d-]*|\/etc\/nova\/nova\.conf/)
      .map((part) => part.trim())
      .filter((part) => part !== "");
    expect(constant.length).toBeGreaterThan(0);
    expect(constant.filter((part) => !code.includes(part))).toEqual([]);
  });

  it("quotes most of them", () => {
    expect(quoted.length).toBeGreaterThanOrEqual(25);
  });
});

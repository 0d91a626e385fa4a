/** What the real engine shows of arguments that are wrong and known late, and of a node whose login runs nothing: one error each, which says all. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missingForNodes, StandInStack } from "./support/standInNode";

/** A controller by itself, of whose arguments some are outputs. */
const controller = (name: string, last: number, connection: string, baseUrl = "proxy.baseUrl") =>
  `new spice.ControllerNode("${name}", { connection: { ...at(${last}), ${connection} }, ssh, proxy: { ...proxy, baseUrl: ${baseUrl} } });`;

const program = [
  'const made = new remote.Command("made", { connection: { ...at(9), ...ssh }, create: "true" });',
  controller("url", 1, "", 'pulumi.output("ftp://x/")'),
  controller("login", 2, 'port: pulumi.output(0), user: pulumi.output("a b")'),
  controller("key", 3, 'privateKey: pulumi.secret("none")'),
  controller("unknown", 4, "", 'made.stdout.apply(() => "ftp://y/")'),
  controller("mute", 5, ""),
].join("\n");

describe.skipIf(missingForNodes() !== undefined)("an error that comes late", () => {
  let stack: StandInStack;
  let errors: readonly string[];

  beforeAll(async () => {
    stack = await StandInStack.start();
    stack.have("silent", "mute");
    const { output, status } = await stack.up(program);
    expect(status).not.toBe(0);
    const diagnostics = output.slice(output.indexOf("\nDiagnostics:"), output.indexOf("\nResources:"));
    errors = diagnostics.split(/^ {4}(?=\w+: )/m).filter((text) => text.startsWith("error: "));
  });
  afterAll(async () => {
    await stack.stop();
  });

  const late = "and the nodes that it concerns were not reached.";
  const noUrl =
    "is neither http nor https, by which a browser opens consoles. Write it like http://console.example.org:6082/spice_auto.html.";
  it.each([
    ["url", `1 argument is wrong, ${late}`, [`proxy.baseUrl: "ftp://x/" ${noUrl}`]],
    [
      "login",
      `2 arguments are wrong, ${late}`,
      [
        "connection.port: 0 is not a TCP port. Give a whole number from 1 to 65535, as a rule 22.",
        "connection.user: It is not a user name. Give the name alone, such as root.",
      ],
    ],
    [
      "key",
      `1 argument is wrong, ${late}`,
      [
        "connection.privateKey: It is not the text of a private key. Give the content of the key file as it is, such as by `pulumi config set --secret sshPrivateKey < FILE`, or use an SSH agent.",
      ],
    ],
    ["unknown", `1 argument is wrong, ${late}`, [`proxy.baseUrl: "ftp://y/" ${noUrl}`]],
  ])("is shown with path, rule and remedy, and nothing before it: %s", (name, summary, lines) => {
    const shown = [`error: ControllerNode "${name}": ${summary}`, ...lines.map((line) => `      ${line}`)].join("\n");
    expect(errors.filter((text) => text.includes(`"${name}"`)).map((text) => text.trimEnd())).toEqual([shown]);
  });

  it("is one for a node whose login runs nothing, though its report is an output of the component too", () => {
    expect(errors.filter((text) => text.includes("mute")).map((text) => text.slice(0, 55))).toEqual([
      "error: mute (controller): the login succeeded, but the ",
    ]);
  });

  it("is all there is, and only the node without one was asked for anything", () => {
    expect(errors).toHaveLength(5);
    expect(stack.ran()).toEqual(["converge controller mute"]);
  });
});

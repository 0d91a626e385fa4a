/** What `pulumi preview --diff` shows of what a node is to be, in the engine's own text: the member of the desired state that differs, and nothing else. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCertificate, type TestCertificate } from "../support/certificate";
import { missingForNodes, StandInStack } from "./support/standInNode";

const [first, renewed] = [makeCertificate(), makeCertificate()];

/** The stack, before and after the change of one thing of each node. */
const program = (after: boolean) => `
const after = ${after};
const tls = (after: boolean) => ({ true: ${pem(renewed)}, false: ${pem(first)} })[\`\${after}\`];
const compute = (name: string, last: number, more: any) =>
  new spice.ComputeNode(name, {
    connection: at(last), ssh, html5proxyBaseUrl: proxy.baseUrl, serverProxyclientAddress: "198.51.100.21",
    proxySourceAddresses: ["198.51.100.11"], release: spice.Release.Caracal, ...more,
  });
const controller = (name: string, last: number, more: any) =>
  new spice.ControllerNode(name, {
    connection: at(last), ssh, proxy: { ...proxy, baseUrl: "https://console.example.org:6082/spice_auto.html", ...more },
  });
const novnc = (last: number) => "http://192.0.2." + last + ":6080/vnc_auto.html";
const compression = { image: spice.ImageCompression.Lz };
compute("changed", 1, { agentEnabled: after });
compute("added", 2, after ? { compression } : {});
compute("removed", 3, after ? {} : { compression });
controller("with-key", 4, { tls: tls(false), allowedOrigins: [after ? "new.example.org" : "old.example.org"] });
controller("renewed", 5, { tls: tls(after) });
compute("secret-beside", 6, { extraNovaOptions: { "vnc/novncproxy_base_url": pulumi.secret(novnc(11)) }, agentEnabled: after });
compute("secret", 7, { extraNovaOptions: { "vnc/novncproxy_base_url": pulumi.secret(novnc(after ? 12 : 11)) } });
if (after) new spice.ControllerNode("created", { connection: at(8), ssh, proxy });
`;

function pem({ certPem, privateKeyPem }: TestCertificate): string {
  return JSON.stringify({ certPem, privateKeyPem });
}

describe.skipIf(missingForNodes() !== undefined)("pulumi preview --diff shows", () => {
  let stack: StandInStack;
  let preview: string;

  beforeAll(async () => {
    stack = await StandInStack.start();
    const { output } = await stack.up(program(false));
    expect(output).toContain("+ 22 created");
    stack.ran();
    const { status, output: shown } = await stack.preview(program(true));
    expect(status).toBe(0);
    preview = shown;
  });
  afterAll(async () => {
    await stack.stop();
  });

  /** The properties of a resource that the preview shows, with `RESOURCE` for the letters that tell this resource from others. */
  function shownOf(name: string): string {
    const lines = preview.split("\n");
    const at = lines.findIndex((line) => /^ +\[urn=/.test(line) && line.endsWith(`::${name}]`));
    const indent = " ".repeat(lines[at]?.search(/\S/) ?? 0);
    const rest = lines.slice(at + 1).filter((line) => line !== "" && !line.startsWith(`${indent}[provider=`));
    const end = rest.findIndex((line) => !line.startsWith(indent.slice(2)) || /^ *[-+~] [a-z-]+:\S+: \(/.test(line));
    return rest
      .slice(0, end)
      .map((line) => line.slice(indent.length - 2).trimEnd())
      .join("\n")
      .replace(/(\bid +: )"[0-9a-f]{6}"/, '$1"RESOURCE"');
  }

  /** A compute's desired state, with the lines of `[spice]` that are between others. */
  const computeDiff = (name: string, agent: string, ...between: readonly string[]) =>
    `
~ stdin: (json) {
      consolePorts: {
          first  : 5900
          last   : 5999
          sources: {
              198.51.100.11/32: {}
          }
      }
      id          : "RESOURCE"
      node        : "${name}"
    ~ nova.conf   : {
        ~ spice: {
${agent}
              enabled                   : "true"
              html5proxy_base_url       : "http://console.example.org:6082/spice_auto.html"
${[...between, ""].join("\n")}              server_listen             : "198.51.100.21"
              server_proxyclient_address: "198.51.100.21"
          }
          vnc  : {
              enabled: "true"
          }
      }
      owner       : "openstack-spice-test/test"
      release     : 29
      role        : "compute"
  }`.slice(1);

  const sameAgent = '              agent_enabled             : "false"';

  it("of a new node all that it is to be, as an object", () => {
    const shown = shownOf("created-converge");
    expect(shown.slice(shown.indexOf("  stdin"))).toBe(
      `
  stdin                 : (json) {
      firewall : {
          sources: {
              203.0.113.0/24: {}
          }
      }
      id       : "RESOURCE"
      node     : "created"
      nova.conf: {
          spice: {
              html5proxy_host: "0.0.0.0"
              html5proxy_port: "6082"
          }
      }
      owner    : "openstack-spice-test/test"
      role     : "controller"
  }
  triggers              : [
      [0]: "127.0.0.8"
  ]`.slice(1),
    );
  });

  it("one changed option as that option, old and new", () => {
    const agent = '            ~ agent_enabled             : "false" => "true"';
    expect(shownOf("changed-converge")).toBe(computeDiff("changed", agent));
  });

  it("one option more, between others, as that option alone", () => {
    const added = '            + image_compression         : "lz"';
    expect(shownOf("added-converge")).toBe(computeDiff("added", sameAgent, added));
  });

  it("one option less as that option alone", () => {
    const removed = '            - image_compression         : "lz"';
    expect(shownOf("removed-converge")).toBe(computeDiff("removed", sameAgent, removed));
  });

  it("of a document with a private key that it differs, and by the component's arguments in what", () => {
    expect(shownOf("with-key-converge")).toBe("~ stdin: [secret] => [secret]");
    expect(shownOf("with-key").replace(/"-----BEGIN.*"$/m, "PEM")).toBe(
      `
~ proxy: {
    ~ allowedOrigins: [
        ~ [0]: "old.example.org" => "new.example.org"
      ]
      allowedSources: [
          [0]: "203.0.113.0/24"
      ]
      baseUrl       : "https://console.example.org:6082/spice_auto.html"
      tls           : {
          certPem: PEM
      }
  }`.slice(1),
    );
  });

  it("a renewed certificate by the marks of the old one and the new one, and by its text", () => {
    const mark = ({ fingerprint }: TestCertificate) =>
      `tls:${fingerprint.replaceAll(":", "").toLowerCase().slice(0, 16)}`;
    const [create, stdin] = shownOf("renewed-converge").split("\n");
    expect(create?.match(/ tls:\S+"/g)).toEqual([first, renewed].map((one) => ` ${mark(one)}"`));
    expect(create).toMatch(/^~ create: /);
    expect(stdin).toBe("~ stdin : [secret] => [secret]");
    expect(shownOf("renewed")).toContain("\n    ~ tls           : {\n        ~ certPem:");
  });

  const secretValue = (agent: readonly string[]) =>
    [
      ...agent,
      "  extraNovaOptions        : {",
      "      vnc/novncproxy_base_url: [secret]",
      "  }",
      '  html5proxyBaseUrl       : "http://console.example.org:6082/spice_auto.html"',
      "  proxySourceAddresses    : [",
      '      [0]: "198.51.100.11"',
      "  ]",
      "  release                 : 29",
      '  serverProxyclientAddress: "198.51.100.21"',
    ].join("\n");

  it("of a document with an option's value that is a secret, another option that changed", () => {
    expect(shownOf("secret-beside-converge")).toBe("~ stdin: [secret] => [secret]");
    expect(shownOf("secret-beside")).toBe(secretValue(["~ agentEnabled            : false => true"]));
  });

  it("a changed secret as the one option that it does not show: the engine marks no secret of a component's as changed", () => {
    expect(shownOf("secret-converge")).toBe("~ stdin: [secret] => [secret]");
    expect(preview).toMatch(/~ openstack-spice:index:ComputeNode: \(update\)\n +\[urn=\S+::secret\]/);
    expect(shownOf("secret")).toBe(secretValue([]));
  });

  it("no secret, as the state does not", () => {
    const state = stack.project.pulumi("stack", "export").output;
    const lines = [first, renewed].flatMap(({ privateKeyPem }) => privateKeyPem.split("\n"));
    const secrets = [...lines, ...stack.privateKey.split("\n")].filter(
      (line) => line !== "" && !line.startsWith("---"),
    );
    expect([...secrets, "192.0.2.11", "192.0.2.12"].filter((secret) => `${preview}${state}`.includes(secret))).toEqual(
      [],
    );
  });
});

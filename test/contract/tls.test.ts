import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type ProxyArgs, Release, SpiceConsole, Vnc } from "../../components";
import { readConfig } from "../../program/config";
import { DAY, makeCertificate } from "../support/certificate";
import { cloud } from "./support/cloud";
import { type Run, run } from "./support/recorder";
import { stateOf } from "./support/states";

/** TLS as the stack declares it: what is a secret, what the nodes get, and what is refused or warned of before any is reached. */

const baseUrl = "https://console.example.org:6082/spice_auto.html";
const certificate = makeCertificate();
const { certPem, privateKeyPem } = certificate;
const keyText = privateKeyPem.split("\n")[1] ?? "";
const info = vi.spyOn(pulumi.log, "info").mockReturnValue(Promise.resolve());
beforeEach(() => {
  info.mockClear();
});

/** A cloud whose proxy has these arguments. */
async function declare(proxy: Partial<ProxyArgs>, more = {}): Promise<Run<unknown>> {
  const args = { ...cloud, ...more, proxy: { ...cloud.proxy, baseUrl, ...proxy } };
  return await run(() => new SpiceConsole("cloud", args));
}
/** What converges the one controller. */
const controller = ({ resources }: Run<unknown>) => resources.find(({ name }) => name === "cloud-control-1-converge");
/** The validation errors of the cloud's arguments. */
const errors = ({ error }: Run<unknown>) => error?.split("\n  ").slice(1);

describe("a certificate given as text", () => {
  it.each<[string, () => Partial<ProxyArgs>]>([
    ["plain texts", () => ({ tls: { certPem, privateKeyPem } })],
    ["secrets", () => ({ tls: { certPem: pulumi.secret(certPem), privateKeyPem: pulumi.secret(privateKeyPem) } })],
    ["an output that is no secret", () => ({ tls: { certPem, privateKeyPem: pulumi.output(privateKeyPem) } })],
  ])("goes to the controllers in a document that is a secret: %s", async (_, proxy) => {
    const done = await run(
      () => new SpiceConsole("cloud", { ...cloud, proxy: { ...cloud.proxy, baseUrl, ...proxy() } }),
    );
    expect([done.error, done.warnings]).toEqual([undefined, []]);
    const command = controller(done);
    expect(command?.secretInputs).toEqual(["connection", "stdin"]);
    const state = stateOf(command);
    expect(state.tls).toEqual({ certificate: certPem, key: privateKeyPem });
    const file = "/etc/nova/openstack-spice/console.pem";
    expect(state["nova.conf"]?.["DEFAULT"]).toEqual({ cert: file, key: file });
    const mark = certificate.fingerprint.replaceAll(":", "").slice(0, 16).toLowerCase();
    expect(command?.inputs["create"]).toMatch(new RegExp(`^bash \\S+ [0-9a-f]{64} tls:${mark}$`));
    expect(done.resources.filter(({ clearText }) => clearText.includes(keyText))).toEqual([]);
    const compute = done.resources.find(({ name }) => name === "cloud-compute-1-converge");
    expect(JSON.stringify(compute?.inputs)).not.toContain("tls");
  });

  it("leaves the document of a certificate on the node readable", async () => {
    const done = await declare({ tls: { certificate: "/etc/nova/console.pem" } });
    expect(controller(done)?.secretInputs).toEqual(["connection"]);
    const state = stateOf(controller(done));
    expect(state.tls).toEqual({ host: "console.example.org" });
    expect(state["nova.conf"]?.["DEFAULT"]).toEqual({ cert: "/etc/nova/console.pem" });
    expect(controller(done)?.inputs["create"]).toMatch(/^bash \S+ [0-9a-f]{64}$/);
  });

  it("comes from the stack's configuration, and a key that is not encrypted there is warned of", async () => {
    const proxy = { baseUrl, tls: { certPem, privateKeyPem, only: true } };
    const config = {
      "openstack-spice:proxy": JSON.stringify(proxy),
      "openstack-spice:controllers": JSON.stringify(cloud.controllers),
      "openstack-spice:computes": JSON.stringify(cloud.computes),
    };
    const clear = await run(readConfig, { config });
    expect(clear.result?.proxy).toEqual(proxy);
    expect(clear.warnings).toEqual([
      "Not encrypted in the stack's file, for all to see who can read it: proxy.tls.privateKeyPem. Set each as a secret, such as " +
        "pulumi config set --secret --path 'openstack-spice:proxy.tls.privateKeyPem' < FILE, and use another key if the file was ever shared.",
    ]);
    const secret = await run(readConfig, { config, secretKeys: ["openstack-spice:proxy"] });
    expect(secret.warnings).toEqual([]);
  });
});

describe("what contradicts itself", () => {
  const both =
    "proxy.tls: It has both a path (certificate, key) and a text (certPem, privateKeyPem). Give either what is on the controllers already, or the texts.";
  const pem =
    "It is the text of a PEM file, where a path on the controllers belongs. Give texts as certPem and privateKeyPem.";
  it.each<[string, Partial<ProxyArgs>, readonly string[]]>([
    [
      "plain http refused, without a certificate",
      { tls: { only: true } },
      [
        "proxy.tls: It has no certificate. Give certPem and privateKeyPem, or the path of one on the controllers (certificate), or leave tls out.",
      ],
    ],
    [
      "plain http refused, and an http URL",
      { baseUrl: baseUrl.replace("https", "http"), tls: { certPem, privateKeyPem, only: true } },
      [
        'proxy.baseUrl: "http://console.example.org:6082/spice_auto.html" is http, but the proxy has a certificate. Write https.',
      ],
    ],
    [
      "an https URL over a plain proxy",
      {},
      [
        'proxy.baseUrl: "https://console.example.org:6082/spice_auto.html" is https, but nothing terminates TLS. Give the proxy a certificate (tls), or set ' +
          "behindLoadBalancer where one terminates it and sends X-Forwarded-Proto.",
      ],
    ],
    ["a path and a text", { tls: { certPem, key: "/etc/nova/console.key" } }, [both]],
    ["two certificates", { tls: { certPem, privateKeyPem, certificate: "/etc/nova/console.pem" } }, [both]],
    [
      "a text without its key",
      { tls: { certPem } },
      ["proxy.tls.privateKeyPem: It is missing. Give both certPem and privateKeyPem."],
    ],
    [
      "a key without a certificate",
      { tls: { privateKeyPem } },
      ["proxy.tls.certPem: It is missing. Give both certPem and privateKeyPem."],
    ],
    [
      "texts where paths belong",
      { tls: { certificate: certPem, key: privateKeyPem } },
      [`proxy.tls.certificate: ${pem}`, `proxy.tls.key: ${pem}`],
    ],
    [
      "a certificate for another host",
      { baseUrl: "https://consoles.example.org:6082/spice_auto.html", tls: { certPem, privateKeyPem } },
      [
        "proxy.tls.certPem: It is for console.example.org, and not for consoles.example.org, the host of baseUrl. " +
          "Give one for that host, or write a host that it is for.",
      ],
    ],
  ])("is refused before anything is registered: %s", async (_, proxy, reasons) => {
    const done = await declare(proxy);
    expect(errors(done)).toEqual(reasons);
    expect(done.resources).toEqual([]);
    expect(done.error).not.toContain(keyText);
  });
});

describe("what is sound and still surprises", () => {
  const novnc =
    "proxy.tls.only: nova-novncproxy on a controller reads the same key of nova.conf, and refuses http too from its next restart on. " +
    "Have the novncproxy_base_url of the computes https by then, leave `only` out, or set vnc to off.";
  it("is warned of: noVNC refuses plain http too, unless it is retired", async () => {
    const tls = { certPem, privateKeyPem, only: true };
    expect((await declare({ tls })).warnings).toEqual([novnc]);
    expect((await declare({ tls }, { vnc: Vnc.Off })).warnings).toEqual([]);
  });

  it("is warned of: a certificate ends soon, also where it becomes known late", async () => {
    const soon = makeCertificate({ to: Date.now() + 20.5 * DAY });
    const late = { certPem: pulumi.output(soon.certPem), privateKeyPem: pulumi.secret(soon.privateKeyPem) };
    for (const tls of [soon, late]) {
      const { certPem, privateKeyPem } = tls;
      const { warnings } = await declare({ tls: { certPem, privateKeyPem } });
      expect(warnings.map((text) => text.replace(/on .* UTC/, "on DATE"))).toEqual([
        "proxy.tls.certPem: It expires on DATE, in 20 days. Renew it in time: a new one restarts the SPICE proxies, and nothing else.",
      ]);
    }
  });
});

describe("a load balancer in front", () => {
  const host = "spice.example.org";
  const proxy = { baseUrl: `https://${host}/spice_auto.html`, behindLoadBalancer: true };

  it("that terminates TLS needs a Nova that heeds X-Forwarded-Proto, which is said, and looked at on the node", async () => {
    const done = await declare(proxy);
    expect(done.warnings).toEqual([]);
    expect(info.mock.calls.map(([text]) => text)).toEqual([
      "TLS is terminated at the load balancer: it has to send X-Forwarded-Proto: https to the proxies, or they refuse every console.",
    ]);
    expect(stateOf(controller(done)).tls).toEqual({ terminatedUpstream: true });
    const asserted = await declare(proxy, { release: Release.Zed });
    expect(stateOf(controller(asserted))).not.toHaveProperty("tls");
    expect(errors(await declare(proxy, { release: Release.Rocky }))?.[0]).toContain(
      "X-Forwarded-Proto only from Stein",
    );
  });

  it("asks the proxy by what name it will: the base URL's host is an allowed origin, before those that are declared", async () => {
    const allowedOrigins = ["Dashboard.example.org", host];
    const done = await declare({ ...proxy, allowedOrigins });
    expect(stateOf(controller(done))["nova.conf"]?.["console"]).toEqual({
      allowed_origins: "spice.example.org,dashboard.example.org",
    });
    const direct = await declare({ baseUrl: cloud.proxy.baseUrl });
    expect(stateOf(controller(direct))["nova.conf"]).not.toHaveProperty("console");
  });

  it("may have a certificate of its own: the proxies' is for another host, with a warning, and not compared on the node", async () => {
    expect((await declare({ ...proxy, tls: { certPem, privateKeyPem } })).warnings).toEqual([
      "proxy.tls.certPem: It is not for spice.example.org, the host of baseUrl. That works only where the load balancer has a certificate of its own.",
    ]);
    const onNode = await declare({ ...proxy, tls: { certificate: "/etc/nova/console.pem" } });
    expect(stateOf(controller(onNode))).not.toHaveProperty("tls");
  });
});

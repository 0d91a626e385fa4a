import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { certificateFile, certificateText } from "../../nova";
import { DAY, type TestCertificate, makeCertificate } from "../support/certificate";
import { ask } from "../support/https";
import { eventually } from "../support/eventually";
import { nodeForTests } from "../support/nodeForTests";
import { type ControllerOptions, controllerDocument } from "./support/documents";
import { controllerReport, converge, lines, revert } from "./support/program";
import { type Snapshot, changedPaths, snapshot } from "./support/snapshot";
import { watch } from "./support/watch";

/** TLS at the proxy: with a certificate that comes with the document, and with one that is on the node. */

const NAME = "t-tls";
const UNIT = "nova-spicehtml5proxy.service";
const NOVNC = "nova-novncproxy.service";
const DROP_IN = "/etc/systemd/system/nova-spicehtml5proxy.service.d/openstack-spice.conf";
const HOST = "console.example.org";

const node = nodeForTests(NAME, "proxy");
let before: Snapshot;
beforeAll(async () => {
  before = await snapshot(node);
});
/** A document with the certificate in it. */
function withText({ certPem, privateKeyPem }: TestCertificate, options: ControllerOptions = {}): string {
  const certificate = certificateText({ certPem, privateKeyPem });
  const tls = { certificate: certificateFile, key: certificateFile, only: true };
  return controllerDocument(NAME, { tls, tlsOnNode: certificate, ...options });
}

/** What a browser that trusts the certificate gets: the page, and a websocket. */
async function browse({ certPem: ca }: TestCertificate) {
  const proxy = { address: node.address, port: 6082, ca, host: HOST };
  const headers = {
    ...{ Connection: "Upgrade", Upgrade: "websocket", Origin: `https://${HOST}` },
    ...{ "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "c3BpY2Utc3BpY2Utc3BpYw==" },
    "Sec-WebSocket-Protocol": "binary",
  };
  return [await ask(proxy), await ask({ ...proxy, path: "/websockify?token=none", headers })];
}
/** What it is to be. */
function browsed({ fingerprint }: TestCertificate) {
  return [
    { status: 200, fingerprint },
    { status: 101, fingerprint },
  ];
}

/** What of the key is anywhere on the node but in its file: paths below these folders, the journal, and the units' texts. */
async function tracesOf({ privateKeyPem }: TestCertificate): Promise<string> {
  const part = privateKeyPem.split("\n")[1] ?? "";
  const written = Buffer.from(privateKeyPem).toString("base64").slice(0, 60);
  return await node.read(
    `{ grep -rlsF -e '${part}' -e '${written}' /etc /root /home /var/lib/openstack-spice /var/log /run /tmp --exclude-dir=udev
       journalctl --no-pager -o cat | grep -cF '${part}'; } | sort`,
  );
}

describe("a certificate that comes with the document", () => {
  const first = makeCertificate({ hosts: [HOST] });
  const second = makeCertificate({ hosts: [HOST] });
  let converged: Snapshot;

  it("is served, by the page and to websockets, and its key is nova's alone to read", async () => {
    await node.untilServes(6080, "/vnc_auto.html");
    before = await snapshot(node);
    const novnc = watch(node, 6080, "/vnc_auto.html");
    const { status, stdout, stderr } = await converge(node, withText(first), { user: "ops" });
    expect(await novnc.stop()).toEqual([]);
    expect(stderr).toBe("");
    expect(stdout).toBe(
      controllerReport([
        `change certificate${certificateFile}: (none) -> sha256 ${first.fingerprint}`,
        `change DEFAULT/cert: (unset) -> ${certificateFile}`,
        `change DEFAULT/key: (unset) -> ${certificateFile}`,
        "change DEFAULT/ssl_only: (unset) -> true",
        "change spice/html5proxy_host: (unset) -> 0.0.0.0",
        "change spice/html5proxy_port: (unset) -> 6082",
        `change file${DROP_IN}: (none) -> written`,
        "change service/nova-spicehtml5proxy: disabled, inactive -> enabled, active",
      ]),
    );
    expect(status).toBe(0);
    expect(await browse(first)).toEqual(browsed(first));
    expect(await node.answers(6082, "/spice_auto.html")).not.toBe(200);
    converged = await snapshot(node);
    expect(converged.etc["/etc/nova/openstack-spice"]).toMatch(/^root:root 0o40755/);
    const digest = createHash("sha256")
      .update(first.privateKeyPem + first.certPem)
      .digest("hex");
    expect(converged.etc[certificateFile]).toBe(`root:nova 0o100640 ${digest}`);
  });

  it("leaves its key in that file and root's record, and nowhere else", async () => {
    expect(await tracesOf(first)).toBe(
      lines("/etc/nova/openstack-spice/console.pem", "/var/lib/openstack-spice/roles/controller/record", "0"),
    );
    expect(await node.read("find /var/lib/openstack-spice ! -type l -perm /077")).toBe("");
  });

  it("is left as it is by a second run", async () => {
    const { stdout, stderr } = await converge(node, withText(first));
    expect([stdout, stderr]).toEqual([controllerReport([]), ""]);
    expect(await snapshot(node)).toEqual(converged);
  });

  it("is replaced by one file and one restart, of the SPICE proxy alone", async () => {
    const { stdout, stderr } = await converge(node, withText(second));
    expect([stdout, stderr]).toEqual([
      controllerReport([
        `change certificate${certificateFile}: sha256 ${first.fingerprint} -> sha256 ${second.fingerprint}`,
        "restarted nova-spicehtml5proxy",
      ]),
      "",
    ]);
    const after = await snapshot(node);
    expect(changedPaths(converged, after)).toEqual({ [certificateFile]: "changed" });
    expect(after.processes[UNIT]).not.toBe(converged.processes[UNIT]);
    expect(after.processes[NOVNC]).toBe(converged.processes[NOVNC]);
    expect(await browse(second)).toEqual(browsed(second));
    expect((await converge(node, withText(second))).stdout).toBe(controllerReport([]));
    expect(await snapshot(node)).toEqual(after);
  });

  it("that OpenSSL does not take leaves the one that was there, by the proof of the page", async () => {
    const { certPem, privateKeyPem } = makeCertificate({ hosts: [HOST], rsa: 1024 });
    const state = JSON.parse(withText(second)) as { tls: object };
    const weak = { ...state, tls: { ...state.tls, certificate: certPem, key: privateKeyPem } };
    const { status, stderr } = await converge(node, JSON.stringify(weak));
    expect(status).toBe(1);
    expect(stderr).toContain(`${NAME}: nova-spicehtml5proxy does not serve the console page.`);
    expect(stderr).toMatch(
      new RegExp(
        `: certificate${certificateFile}: sha256 [0-9A-F:]{95} -> sha256 ${second.fingerprint}\n.*: the node is as it was\n$`,
      ),
    );
    const back = await eventually("the former certificate is served", 60, () => browse(second).catch(() => undefined));
    expect(back).toEqual(browsed(second));
    expect((await snapshot(node)).etc[certificateFile]).toBe(
      `root:nova 0o100640 ${createHash("sha256")
        .update(second.privateKeyPem + second.certPem)
        .digest("hex")}`,
    );
  });

  it("goes where it is no longer declared, and noVNC, which had not read it, is not restarted", async () => {
    const { stdout } = await converge(node, controllerDocument(NAME));
    expect(stdout).toBe(
      controllerReport([
        `change certificate${certificateFile}: sha256 ${second.fingerprint} -> (none)`,
        `change DEFAULT/cert: ${certificateFile} -> (unset)`,
        `change DEFAULT/key: ${certificateFile} -> (unset)`,
        "change DEFAULT/ssl_only: true -> (unset)",
        "restarted nova-spicehtml5proxy",
      ]),
    );
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
    expect((await snapshot(node)).processes[NOVNC]).toBe(converged.processes[NOVNC]);
  });

  it("goes with a revert, which has noVNC, started meanwhile, read its own settings again", async () => {
    expect((await converge(node, withText(first))).status).toBe(0);
    await node.read("systemctl restart nova-novncproxy");
    const restarted = await snapshot(node);
    const { status, stdout } = await revert(node, "controller");
    expect([status, stdout]).toEqual([
      0,
      controllerReport([
        "change DEFAULT/ssl_only: true -> (unset)",
        `change DEFAULT/key: ${certificateFile} -> (unset)`,
        `change DEFAULT/cert: ${certificateFile} -> (unset)`,
        `change certificate${certificateFile}: sha256 ${first.fingerprint} -> (none)`,
        "change service/nova-spicehtml5proxy: enabled, active -> disabled, inactive",
        `change file${DROP_IN}: written -> (none)`,
        "change spice/html5proxy_port: 6082 -> (unset)",
        "change spice/html5proxy_host: 0.0.0.0 -> (unset)",
        "restarted nova-novncproxy",
      ]),
    ]);
    await node.untilServes(6080, "/vnc_auto.html");
    const after = await snapshot(node);
    expect({ ...after, processes: {} }).toEqual({ ...before, processes: {} });
    expect(after.processes[NOVNC]).not.toBe(restarted.processes[NOVNC]);
    expect(await tracesOf(first)).toBe(lines("0"));
  });
});

describe("a certificate that is on the node", () => {
  const file = "/etc/nova/site/console.pem";
  const key = "/etc/nova/site/console.key";
  const good = makeCertificate({ hosts: ["*.example.org"] });
  const document = controllerDocument(NAME, {
    tls: { certificate: file, key },
    tlsOnNode: { host: HOST },
  });
  let untouched: Snapshot;

  /** Puts files for the proxy there, as an administrator does. */
  async function place(certificate: string, privateKey: string, mode = "0640"): Promise<void> {
    await node.read(`mkdir -p /etc/nova/site && cat >${file}`, certificate);
    await node.read(`cat >${key} && chown root:nova ${file} ${key} && chmod ${mode} ${key}`, privateKey);
    untouched = await snapshot(node);
  }

  beforeAll(async () => {
    await node.reset();
  });

  const encrypted = good.key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }) as string;
  const past = makeCertificate({ hosts: [HOST], from: Date.UTC(2020, 0, 1), to: Date.UTC(2020, 1, 1) });
  const future = makeCertificate({ hosts: [HOST], from: Date.UTC(2090, 0, 1), to: Date.UTC(2091, 0, 1) });
  const elsewhere = makeCertificate({ hosts: ["example.org", "*.a.example.org", "192.0.2.9"] });
  it.each<[string, string, string, string, string]>([
    [
      "nova cannot read its key",
      ...([good.certPem, good.privateKeyPem, "0600"] as const),
      `${key} cannot be read by the user nova (Permission denied). Give the path of a PEM file, root:nova 0640 in folders that nova can enter`,
    ],
    [
      "its key is encrypted",
      ...([good.certPem, encrypted, "0640"] as const),
      `the key in ${key} is encrypted, and the proxy has nobody to ask for the password. Write it as openssl pkey -in ${key} prints it`,
    ],
    [
      "its key is another one's",
      ...([good.certPem, past.privateKeyPem, "0640"] as const),
      `the key in ${key} is not that of the certificate in ${file}, the first one there. Put the server's own certificate first, and its key`,
    ],
    [
      "it is none",
      ...(["none\n", good.privateKeyPem, "0640"] as const),
      `${file} and ${key} are no certificate and key that OpenSSL takes (PEM lib). Give PEM files`,
    ],
    [
      "it has expired",
      ...([past.certPem, past.privateKeyPem, "0640"] as const),
      `the certificate ${file} expired on Feb  1 00:00:00 2020 GMT. Renew it`,
    ],
    [
      "it is not valid yet",
      ...([future.certPem, future.privateKeyPem, "0640"] as const),
      `the certificate ${file} is valid from Jan  1 00:00:00 2090 GMT only. Give one that is valid now, or see to the clock of this node`,
    ],
    [
      "it is for other hosts",
      ...([elsewhere.certPem, elsewhere.privateKeyPem, "0640"] as const),
      `the certificate ${file} is for example.org, *.a.example.org, 192.0.2.9, and not for ${HOST}, the host of baseUrl. Give one for that host, or write a host that it is for`,
    ],
  ])("is refused, and nothing touched: %s", async (_, certificate, privateKey, mode, reason) => {
    await place(certificate, privateKey, mode);
    const { status, stdout, stderr } = await converge(node, document);
    expect([status, stdout, stderr]).toEqual([3, "", `openstack-spice: error: ${NAME}: ${reason}\n`]);
    expect(await snapshot(node)).toEqual(untouched);
  });

  it("is refused, and nothing touched: it is missing", async () => {
    await node.read("rm -rf /etc/nova/site");
    untouched = await snapshot(node);
    const { status, stderr } = await converge(node, document);
    expect([status, stderr]).toEqual([
      3,
      `openstack-spice: error: ${NAME}: ${file} cannot be read by the user nova (No such file or directory). Give the path of a PEM file, root:nova 0640 in folders that nova can enter\n`,
    ]);
    expect(await snapshot(node)).toEqual(untouched);
  });

  it("is served where nothing is wrong with it, http is answered too, and its end is reported in its last month", async () => {
    const soon = makeCertificate({ hosts: ["*.example.org"], to: Date.now() + 20 * DAY });
    await place(soon.certPem, soon.privateKeyPem);
    const { status, stdout, stderr } = await converge(node, document);
    expect(stderr.replace(/on .* GMT/, "on DATE")).toBe(
      `openstack-spice: ${NAME}: the certificate ${file} expires on DATE: renew it in time\n`,
    );
    expect([status, stdout.split("\n").slice(0, 2)]).toEqual([
      0,
      [`change DEFAULT/cert: (unset) -> ${file}`, `change DEFAULT/key: (unset) -> ${key}`],
    ]);
    expect(await browse(soon)).toEqual(browsed(soon));
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
  });
});

import { createHash } from "node:crypto";
import { once } from "node:events";
import { get, request } from "node:https";
import { type TLSSocket, connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificateFile, parseCertificate } from "../../nova";
import { type TestCertificate, makeCertificate } from "../support/certificate";
import { LabNode } from "../support/lab";
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

let node: LabNode;
let before: Snapshot;
beforeAll(async () => {
  node = await LabNode.boot(NAME, "proxy");
  before = await snapshot(node);
});
afterAll(async () => {
  await node.remove();
});

/** A document with the certificate in it. */
function withText({ certPem, privateKeyPem }: TestCertificate, options: ControllerOptions = {}): string {
  const certificate = parseCertificate({ certPem, privateKeyPem, host: HOST, now: Date.now() }, "tls").value;
  if (certificate === undefined) {
    throw new Error("the certificate has faults");
  }
  const tls = { certificate: certificateFile, key: certificateFile, only: true };
  return controllerDocument(NAME, { tls, state: { certificate }, ...options });
}

/** The fingerprint of the certificate that is served; the handshake has to succeed with it as the only trusted one, for the host. */
async function served(certificate: TestCertificate): Promise<string> {
  const socket: TLSSocket = connect({ host: node.address, port: 6082, ca: certificate.certPem, servername: HOST });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

/** The status of the console page over https, the certificate verified. */
async function page(certificate: TestCertificate): Promise<number | undefined> {
  const options = { host: node.address, port: 6082, ca: certificate.certPem, servername: HOST, agent: false };
  return await new Promise((resolve, reject) => {
    get({ ...options, path: "/spice_auto.html" }, (response) => {
      response.resume().on("end", () => {
        resolve(response.statusCode);
      });
    }).on("error", reject);
  });
}

/** The answer to a browser's request for a websocket, over https. */
async function upgrade(certificate: TestCertificate): Promise<number | undefined> {
  const headers = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    Origin: `https://${HOST}`,
    Host: `${HOST}:6082`,
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "c3BpY2Utc3BpY2Utc3BpYw==",
    "Sec-WebSocket-Protocol": "binary",
  };
  const options = { host: node.address, port: 6082, ca: certificate.certPem, servername: HOST, agent: false };
  return await new Promise((resolve, reject) => {
    request({ ...options, path: "/websockify?token=none", headers })
      .on("upgrade", (response, socket) => {
        socket.destroy();
        resolve(response.statusCode);
      })
      .on("response", ({ statusCode }) => {
        resolve(statusCode);
      })
      .on("error", reject)
      .end();
  });
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
        `change DEFAULT/ssl_only: (unset) -> true`,
        `change DEFAULT/cert: (unset) -> ${certificateFile}`,
        `change DEFAULT/key: (unset) -> ${certificateFile}`,
        "change spice/html5proxy_host: (unset) -> 0.0.0.0",
        "change spice/html5proxy_port: (unset) -> 6082",
        `change file${DROP_IN}: (none) -> written`,
        "change service/nova-spicehtml5proxy: disabled, inactive -> enabled, active",
      ]),
    );
    expect(status).toBe(0);
    expect(await served(first)).toBe(first.fingerprint);
    expect(await page(first)).toBe(200);
    expect(await upgrade(first)).toBe(101);
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
    expect(await served(second)).toBe(second.fingerprint);
    expect((await converge(node, withText(second))).stdout).toBe(controllerReport([]));
    expect(await snapshot(node)).toEqual(after);
  });

  it("goes where it is no longer declared, and noVNC, which had not read it, is not restarted", async () => {
    const { stdout } = await converge(node, controllerDocument(NAME));
    expect(stdout).toBe(
      controllerReport([
        `change certificate${certificateFile}: sha256 ${second.fingerprint} -> (none)`,
        "change DEFAULT/ssl_only: true -> (unset)",
        `change DEFAULT/cert: ${certificateFile} -> (unset)`,
        `change DEFAULT/key: ${certificateFile} -> (unset)`,
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
        "change service/nova-spicehtml5proxy: enabled, active -> disabled, inactive",
        `change file${DROP_IN}: written -> (none)`,
        "change spice/html5proxy_port: 6082 -> (unset)",
        "change spice/html5proxy_host: 0.0.0.0 -> (unset)",
        `change DEFAULT/key: ${certificateFile} -> (unset)`,
        `change DEFAULT/cert: ${certificateFile} -> (unset)`,
        "change DEFAULT/ssl_only: true -> (unset)",
        `change certificate${certificateFile}: sha256 ${first.fingerprint} -> (none)`,
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

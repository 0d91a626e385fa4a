import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TlsVersion } from "../../nova";
import type { LabNode } from "../support/lab";
import { nodeForTests } from "../support/nodeForTests";
import { bootCompute } from "./support/consolePorts";
import { computeDocument, controllerDocument, toSpice } from "./support/documents";
import { controllerReport, converge, lines, report, revert } from "./support/program";
import { type Snapshot, snapshot } from "./support/snapshot";

/** Console options with arguments of their own, and keys that Nova reads no more: in nova.conf exactly, and back exactly. */

const CONF = "/etc/nova/nova.conf";
/** All but the processes, which a restart renews. */
const still = ({ processes, ...rest }: Snapshot) => ({ ...rest, processes: Object.keys(processes) });
/** The lines of nova.conf that a run added (`>`) or took away (`<`). */
const difference = (node: LabNode) => node.read(`diff /root/before ${CONF} | grep '^[<>]' || :`);

describe("a controller", () => {
  const NAME = "o-control";
  const node = nodeForTests(NAME, "proxy");
  beforeAll(async () => {
    await node.read(`cp ${CONF} /root/before
      openssl req -x509 -newkey rsa:2048 -nodes -days 400 -subj /CN=console -keyout /etc/nova/console.key -out /etc/nova/console.pem 2>/dev/null
      chown root:nova /etc/nova/console.*; chmod 640 /etc/nova/console.*`);
  });
  it("has the TLS that is asked for, and speaks no older one", async () => {
    const before = await snapshot(node);
    const tls = { certificate: "/etc/nova/console.pem", key: "/etc/nova/console.key" };
    const options = { ciphers: "ECDHE+AESGCM", minimumVersion: TlsVersion.Tls13 };
    const { status, stdout, stderr } = await converge(node, controllerDocument(NAME, { tls: { ...tls, ...options } }));
    const changes = [
      "change DEFAULT/cert: (unset) -> /etc/nova/console.pem",
      "change DEFAULT/key: (unset) -> /etc/nova/console.key",
      "change console/ssl_ciphers: (unset) -> ECDHE+AESGCM",
      "change console/ssl_minimum_version: (unset) -> tlsv1_3",
      "change spice/html5proxy_host: (unset) -> 0.0.0.0",
      "change spice/html5proxy_port: (unset) -> 6082",
      "change file/etc/systemd/system/nova-spicehtml5proxy.service.d/openstack-spice.conf: (none) -> written",
      "change service/nova-spicehtml5proxy: disabled, inactive -> enabled, active",
    ];
    expect([status, stdout, stderr]).toEqual([0, controllerReport(changes), ""]);
    expect(await difference(node)).toBe(
      lines(
        "> cert = /etc/nova/console.pem",
        "> key = /etc/nova/console.key",
        "> ssl_ciphers = ECDHE+AESGCM",
        "> ssl_minimum_version = tlsv1_3",
        "> html5proxy_host = 0.0.0.0",
        "> html5proxy_port = 6082",
      ),
    );
    const spoken = (version: string) =>
      node.read(
        `openssl s_client -connect 127.0.0.1:6082 ${version} </dev/null 2>/dev/null | sed -n 's/^New, \\(.*\\), Cipher is.*/\\1/p'`,
      );
    expect([await spoken("-tls1_2"), await spoken("-tls1_3")]).toEqual(["(NONE)\n", "TLSv1.3\n"]);
    expect((await revert(node, "controller")).status).toBe(0);
    expect(still(await snapshot(node))).toEqual(still(before));
  });
});

describe("a compute", () => {
  const NAME = "o-compute";
  const say = (key: string, why: string) =>
    `openstack-spice: ${NAME}: ${key} is an obsolete option of ${CONF} (${why}). Take it out, or set removeObsoleteOptions\n`;
  let node: LabNode;
  let before: Snapshot;
  const restarted = "restarted nova-compute";
  const novnc = "http://192.0.2.11:6080/vnc_auto.html";
  const declared = {
    ...{ agentEnabled: true, tokenTtl: 1800 },
    extraNovaOptions: { "vnc/novncproxy_base_url": novnc },
  };
  beforeAll(async () => {
    node = await bootCompute(NAME);
    await node.read(`printf '[vnc]\\nkeymap = de\\n[spice]\\nkeymap = fr\\n  be\\n[DEFAULT]\\nvnc_enabled = True\\n[spice]\\nkeymap: de\\n' >>${CONF}
      systemctl restart nova-compute; cp ${CONF} /root/before`);
    before = await snapshot(node);
  });
  afterAll(async () => {
    await node.remove();
  });

  it("has the options that are asked for, and has its obsolete options reported", async () => {
    const { status, stdout, stderr } = await converge(node, computeDocument(NAME, declared));
    const obsolete = ["DEFAULT/vnc_enabled", "spice/keymap", "vnc/keymap"];
    expect([status, stdout]).toEqual([
      0,
      report(
        obsolete.map((key) => `obsolete-option ${key}`),
        [
          "change consoleauth/token_ttl: (unset) -> 1800",
          ...toSpice,
          "change vnc/enabled: (unset) -> true",
          `change vnc/novncproxy_base_url: (unset) -> ${novnc}`,
          restarted,
        ],
      ),
    ]);
    const keymap = "spoils other keyboards than its own, and gone in 22.0.0";
    expect(stderr).toBe(
      say("[DEFAULT] vnc_enabled", "[vnc] enabled stands beside it, and wins") +
        say("[spice] keymap", keymap) +
        say("[vnc] keymap", keymap),
    );
  });

  it("gets them commented out where that is asked for, once, and nova-compute reads it", async () => {
    const document = computeDocument(NAME, { ...declared, removeObsoleteOptions: true });
    const { status, stdout, stderr } = await converge(node, document);
    expect([status, stdout, stderr]).toEqual([
      0,
      report(
        [],
        [
          "change DEFAULT/vnc_enabled: True -> commented out",
          "change spice/keymap: de -> commented out",
          "change vnc/keymap: de -> commented out",
          restarted,
        ],
      ),
      "",
    ]);
    expect(await difference(node)).toContain(
      "> #openstack-spice# spice/keymap# keymap = fr\n> #openstack-spice# spice/keymap#   be\n",
    );
    const again = await converge(node, document);
    expect([again.status, again.stdout, again.stderr]).toEqual([0, report([], []), ""]);
  });

  it("has them set again where nobody asks for that any more", async () => {
    const { stdout } = await converge(node, computeDocument(NAME, declared));
    expect(stdout.split("\n").filter((line) => line.startsWith("change "))).toEqual([
      "change DEFAULT/vnc_enabled: commented out -> set again",
      "change spice/keymap: commented out -> set again",
      "change vnc/keymap: commented out -> set again",
    ]);
    expect((await converge(node, computeDocument(NAME, { ...declared, removeObsoleteOptions: true }))).status).toBe(0);
  });

  it("gets every byte back at a revert", async () => {
    const { status, stdout } = await revert(node, "compute");
    expect([status, stdout.split("\n").filter((line) => line.includes("keymap"))]).toEqual([
      0,
      ["change vnc/keymap: commented out -> set again", "change spice/keymap: commented out -> set again"],
    ]);
    expect(still(await snapshot(node))).toEqual(still(before));
    expect(await difference(node)).toBe("");
  });
});

import { beforeAll, describe, expect, it } from "vitest";
import { type ControllerState, renderDesiredState } from "../../../contract";
import { nodeForTests } from "../../support/nodeForTests";
import { OWNER, controllerDocument } from "../support/documents";
import { converge, revert } from "../support/program";
import { type Snapshot, snapshot } from "../support/snapshot";

/**
 * Controllers that others set up in their way: rows D26, D30 and N5 of the trial, and its cases from the field that are about the pages, the origins and
 * the database of a proxy. Each test leaves the node as it was.
 */

const NAME = "t-control";
const CONF = "/etc/nova/nova.conf";
const UNIT_FOLDER = "/etc/systemd/system/nova-spicehtml5proxy.service.d";
const document = controllerDocument(NAME);
const stateOf = (text: string) => JSON.parse(text) as ControllerState;
const error = (text: string) => `openstack-spice: error: ${NAME}: ${text}\n`;
const say = (text: string) => `openstack-spice: ${NAME}: ${text}\n`;

describe("a controller that its operators set up in their way", () => {
  const node = nodeForTests(NAME, "proxy");
  let before: Snapshot;
  beforeAll(async () => {
    await node.read(`cp -a ${CONF} /root/nova.conf`);
    before = await snapshot(node);
  });
  /** Has nova.conf say this too, at its end, while a test runs. */
  async function withConf(text: string, test: () => Promise<void>): Promise<void> {
    await node.read(`cat >>${CONF}`, text);
    const former = await snapshot(node);
    try {
      await test();
    } finally {
      await node.read(`cat /root/nova.conf >${CONF}`);
    }
    expect((await snapshot(node)).processes).toEqual(former.processes);
  }

  /** Lines in the SPICE proxy's unit while a test runs. */
  async function withUnit(text: string, test: () => Promise<void>): Promise<void> {
    await node.read(
      `mkdir -p ${UNIT_FOLDER}; cat >${UNIT_FOLDER}/site.conf; systemctl daemon-reload`,
      `[Service]\n${text}`,
    );
    try {
      await test();
    } finally {
      await node.read(`rm -r ${UNIT_FOLDER}; systemctl daemon-reload`);
    }
    expect(await snapshot(node)).toEqual(before);
  }

  it("with noVNC's pages in [DEFAULT] web is refused before the first write, by the line's name", async () => {
    await withConf("[DEFAULT]\nweb = /usr/share/novnc\n", async () => {
      const now = await snapshot(node);
      expect(await converge(node, document)).toEqual({
        status: 3,
        stdout: "",
        stderr: error(
          `nova-spicehtml5proxy would serve the pages in /usr/share/novnc, where there is no spice_auto.html: [DEFAULT] web of ${CONF} says so. ` +
            "Take that out there (noVNC's proxy finds its own pages without it, or gets them by --web on its own command line), " +
            "or declare webClient with a package and the folder of its spice_auto.html",
        ),
      });
      expect(await snapshot(node)).toEqual(now);
    });
  });

  it("keeps the origins that noVNC needs beside the declared ones, and gets their line back", async () => {
    const line = "allowed_origins = dashboard.example.org,vdi.example.org";
    await withConf(`[console]\n${line}\n`, async () => {
      const conf = await node.read(`cat ${CONF}`);
      const origins = controllerDocument(NAME, { allowedOrigins: ["console.example.org"] });
      const { status, stderr } = await converge(node, origins);
      expect(await node.read(`grep '^allowed_origins' ${CONF}`)).toBe(`${line}, console.example.org\n`);
      expect([status, stderr]).toEqual([
        0,
        say(
          "[console] allowed_origins is read by nova-novncproxy too: what stands there stays (dashboard.example.org, vdi.example.org), and what is declared is added",
        ),
      ]);
      expect((await revert(node, "controller")).status).toBe(0);
      expect(await node.read(`cat ${CONF}`)).toBe(conf);
    });
  });

  it("whose cell has no database but a file has it reported that no console will come", async () => {
    await withConf("[database]\nconnection = sqlite:////var/lib/nova/novadb\n", async () => {
      const { status, stderr } = await converge(node, document);
      expect([status, stderr]).toEqual([
        0,
        say(
          `[database] connection of ${CONF} is a file of this node (sqlite:////var/lib/nova/novadb): from Nova 18 on the proxy looks up each console's token in its cell's database, and without it every console is refused. Set it to that of the cell, as nova-conductor has it`,
        ),
      ]);
      expect((await revert(node, "controller")).status).toBe(0);
    });
  });

  it("gets a NUL byte of its nova.conf back", async () => {
    await withConf("[spice]\nhtml5proxy_host = 127.0.0.1\0\n", async () => {
      const conf = await node.read(`base64 -w0 ${CONF}`);
      expect((await converge(node, document)).status).toBe(0);
      expect((await revert(node, "controller")).status).toBe(0);
      expect(await node.read(`base64 -w0 ${CONF}`)).toBe(conf);
    });
  });

  it("converges though root's shell overwrites no file, nor do its children", async () => {
    // What sends the program to the node here is such a shell too.
    await node.read(
      "cp -a .bashrc bashrc; printf 'set -o noclobber\\nexport SHELLOPTS\\n' | cat - bashrc >.bashrc; rm -rf .openstack-spice",
    );
    const { status } = await converge(node, document).finally(() => node.read("mv bashrc .bashrc"));
    expect(status).toBe(0);
    expect((await revert(node, "controller")).status).toBe(0);
    expect(await snapshot(node)).toEqual(before);
  });

  it("whose proxy reads another file has it reported what it reads, and that this is the default (D30)", async () => {
    const command = "ExecStart=\nExecStart=/usr/bin/nova-spicehtml5proxy --config-file=/etc/nova/site.conf\n";
    await node.read("printf '[DEFAULT]\\n' >/etc/nova/site.conf");
    await withUnit(command, async () => {
      const { status, stdout, stderr } = await converge(
        node,
        controllerDocument(NAME, { allowedOrigins: ["console.example.org"], html5proxyHost: "127.0.0.1" }),
      ).finally(() => node.read("rm /etc/nova/site.conf"));
      expect([status, stdout]).toEqual([3, ""]);
      const read = ["[console] allowed_origins", "[spice] html5proxy_host", "[spice] html5proxy_port"]
        .map((option) => `nova-spicehtml5proxy reads ${option} = None from default`)
        .join(", ");
      expect(stderr.split("\n").at(-2)).toBe(
        error(
          `what is declared would have no effect: ${read}. That wins over ${CONF}: take it out of there, or declare the same value`,
        ).trimEnd(),
      );
    });
  });

  it("whose unit forbids a declared concurrency_backend, as only nova's start reads it, is refused by that variable's name (N5)", async () => {
    // The release that has the option is not in the lab; nothing but the option's own range depends on it.
    const extraNovaOptions = { "DEFAULT/concurrency_backend": "threading" };
    const { optionReleases: _, ...state } = stateOf(controllerDocument(NAME, { extraNovaOptions }));
    const threading = renderDesiredState(state);
    await withUnit("Environment=OS_NOVA_DISABLE_EVENTLET_PATCHING=no\n", async () => {
      const { status, stdout, stderr } = await converge(node, threading);
      expect([status, stdout]).toEqual([3, ""]);
      expect(stderr).toBe(
        error(
          `what is declared would have no effect: nova-spicehtml5proxy reads [DEFAULT] concurrency_backend = eventlet from OS_NOVA_DISABLE_EVENTLET_PATCHING. That wins over ${CONF}: take it out of there, or declare the same value`,
        ),
      );
    });
  });

  it("goes on under the new name of its stack, which says the former one, and under no other (D26)", async () => {
    const renamed = controllerDocument(NAME, { owner: "acme/openstack-spice/new" });
    const named = renderDesiredState({ ...stateOf(renamed), formerOwner: OWNER });
    expect((await converge(node, document)).status).toBe(0);
    const refusal = (owner: string, by: string) =>
      error(
        `the stack '${owner}' already manages the role controller of this node, this one is '${by}'. Take the node out of one of them`,
      );
    expect(await converge(node, renamed)).toEqual({
      status: 3,
      stdout: "",
      stderr: refusal(OWNER, "acme/openstack-spice/new"),
    });
    const { status, stdout, stderr } = await converge(node, named);
    expect([status, stdout.split("\n").at(-2), stderr]).toEqual([0, "changed 0", ""]);
    expect(await converge(node, document)).toEqual({
      status: 3,
      stdout: "",
      stderr: refusal("acme/openstack-spice/new", OWNER),
    });
    expect((await revert(node, "controller", { input: renamed })).status).toBe(0);
    expect(await snapshot(node)).toEqual(before);
  });
});

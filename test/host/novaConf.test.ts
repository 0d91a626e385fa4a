import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeForTests } from "../support/nodeForTests";
import { confCase } from "../support/novaConfCases";
import { osloCases } from "../support/osloCases";
import { osloConfigProgram } from "../support/osloConfig";
import { controllerDocument } from "./support/documents";
import { onNode } from "./support/onNode";
import { controllerReport, converge, revert } from "./support/program";
import { type Snapshot, snapshot } from "./support/snapshot";

/** nova.conf as the node's own oslo.config, program read it; the unit tier has the same with a parser of the tests. */

const NAME = "h-nova-conf";

/** Reads files with oslo.config, and prints the cases that do not read as declared. */
const READ_PROGRAM = String.raw`
import json, os, sys, tempfile
from oslo_config import cfg

wrong = []
for case in json.load(sys.stdin):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "nova.conf")
        with open(path, "w", encoding="latin1", newline="") as file:
            file.write(case["after"])
        conf = cfg.ConfigOpts()
        options = [option["option"].split("/") for option in case["declared"]]
        for section, name in options:
            conf.register_opt(cfg.StrOpt(name), group=None if section == "DEFAULT" else section)
        try:
            conf(["--config-file", path], project="none", prog="none")
            found = [getattr(conf if section == "DEFAULT" else conf[section], name) for section, name in options]
        except Exception as error:
            found = repr(error)
        if found != [option["text"] for option in case["declared"]]:
            wrong.append([case, found])
json.dump(wrong, sys.stdout)
`;

describe("on a node with Debian's Nova", () => {
  const node = nodeForTests(NAME, "proxy");

  async function askPython(program: string, input: unknown): Promise<unknown> {
    await node.read("cat >/root/program.py", program);
    return JSON.parse(await node.read("python3 /root/program.py", JSON.stringify(input))) as unknown;
  }

  it("oslo.config reads every value as it was meant when it was encoded", async () => {
    expect(await askPython(osloConfigProgram, osloCases(300, 20261122))).toEqual([]);
  });

  it("oslo.config reads what is declared in odd files, and the node's bash and awk give every byte back", async () => {
    const cases = fc.sample(confCase, { numRuns: 40, seed: 20261122 }).map((sample) => {
      // Python reads UTF-8 only; a spelling of a boolean that is there already is left, so no boolean here.
      const conf = sample.conf.replace(/[^\x00-\x7f]/g, "e").replace(/\b(true|yes|on|false|no|off)\b/gi, "word");
      return { conf, declared: sample.declared, edit: "" };
    });
    expect(cases.length).toBe(40);
    const edited = await onNode(node, "nova.conf/put-and-undo", cases);
    expect(edited.map(({ wrong, undone }) => [wrong, undone])).toEqual(cases.map(({ conf }) => ["", conf]));
    const read = cases.map(({ declared }, index) => ({ declared, after: edited[index]?.after }));
    expect(await askPython(READ_PROGRAM, read)).toEqual([]);
  });

  it("a nova.conf that is a link, with lines that end as on Windows, stays one, and gets every byte back", async () => {
    await node.read(`set -e
      mkdir /srv/site
      sed 's/$/\r/' /etc/nova/nova.conf >/srv/site/nova.conf
      chown root:nova /srv/site/nova.conf; chmod 640 /srv/site/nova.conf
      printf '[SPICE]\r\nhtml5proxy_port = 6083\r\n' >>/srv/site/nova.conf
      ln -sfn /srv/site/nova.conf /etc/nova/nova.conf`);
    const describeTarget = "stat -c '%U:%G %a' /srv/site/nova.conf; sha256sum /srv/site/nova.conf";
    const target = await node.read(describeTarget);
    const before = await snapshot(node);
    const { status, stdout } = await converge(node, controllerDocument(NAME));
    expect([status, stdout]).toEqual([
      0,
      controllerReport([
        "change spice/html5proxy_host: (unset) -> 0.0.0.0",
        "change spice/html5proxy_port: 6083 -> 6082",
        "change file/etc/systemd/system/nova-spicehtml5proxy.service.d/openstack-spice.conf: (none) -> written",
        "change service/nova-spicehtml5proxy: disabled, inactive -> enabled, active",
      ]),
    ]);
    expect((await snapshot(node)).etc["/etc/nova/nova.conf"]).toBe(before.etc["/etc/nova/nova.conf"]);
    expect(before.etc["/etc/nova/nova.conf"]).toContain("-> /srv/site/nova.conf");
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
    expect((await revert(node, "controller")).status).toBe(0);
    const withoutProcesses = ({ processes, ...rest }: Snapshot) => ({ ...rest, processes: Object.keys(processes) });
    expect(withoutProcesses(await snapshot(node))).toEqual(withoutProcesses(before));
    expect(await node.read(describeTarget)).toBe(target);
  });
});

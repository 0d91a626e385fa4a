import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LabNode } from "../support/lab";
import { confCase, editFiles, editScript } from "../support/novaConfCases";
import { osloCases } from "../support/osloCases";
import { osloConfigProgram } from "../support/osloConfig";
import { afterFunctions } from "../unit/host/support";
import { controllerDocument } from "./support/documents";
import { controllerReport, converge, revert } from "./support/program";
import { type Snapshot, snapshot } from "./support/snapshot";

/** nova.conf as the node's own oslo.config, bash and awk read it; the unit tier has the same with a parser of the tests. */

const NAME = "h-nova-conf";

/** Runs bash cases (files and a script), reads what each leaves with oslo.config, and prints the cases that are not as they should be. */
const EDIT_PROGRAM = String.raw`
import json, os, subprocess, sys, tempfile
from oslo_config import cfg

given = json.load(sys.stdin)
wrong = []
for case in given["cases"]:
    with tempfile.TemporaryDirectory() as folder:
        def path(name):
            return os.path.join(folder, name)
        for name, text in case["files"].items():
            with open(path(name), "w", encoding="latin1", newline="") as file:
                file.write(text)
        done = subprocess.run(["bash", "-c", 'eval "$(cat)"'], input=given["script"].encode(), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        told = done.stdout.decode("latin1")
        if done.returncode != 0 or told:
            wrong.append([case, done.returncode, told])
            continue
        with open(path("nova.conf"), encoding="latin1", newline="") as file:
            if file.read() != case["files"]["nova.conf"]:
                wrong.append([case, "its bytes did not come back"])
        conf = cfg.ConfigOpts()
        options = [option["option"].split("/") for option in case["declared"]]
        for section, name in options:
            conf.register_opt(cfg.StrOpt(name), group=None if section == "DEFAULT" else section)
        try:
            conf(["--config-file", path("after")], project="none", prog="none")
            found = [getattr(conf if section == "DEFAULT" else conf[section], name) for section, name in options]
        except Exception as error:
            found = repr(error)
        if found != [option["text"] for option in case["declared"]]:
            wrong.append([case, found])
json.dump(wrong, sys.stdout)
`;

describe("on a node with Debian's Nova", () => {
  let node: LabNode;
  beforeAll(async () => {
    node = await LabNode.boot(NAME, "proxy");
  });
  afterAll(async () => {
    await node.remove();
  });

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
      return { files: editFiles({ ...sample, conf }), declared: sample.declared };
    });
    expect(cases.length).toBe(40);
    expect(await askPython(EDIT_PROGRAM, { script: afterFunctions(editScript), cases })).toEqual([]);
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

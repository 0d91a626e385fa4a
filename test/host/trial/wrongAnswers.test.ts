import { beforeAll, describe, expect, it } from "vitest";
import { Release } from "../../../nova";
import type { Outcome } from "../../support/lab";
import { nodeForTests } from "../../support/nodeForTests";
import { inShortOutcome } from "../../support/report";
import { controllerDocument, retirementDocument } from "../support/documents";
import { converge, revert, runVerb } from "../support/program";
import { type Snapshot, snapshot } from "../support/snapshot";

/**
 * What a node answers is so: rows D20, D24, D25, D31 to D33 of the trial, and its cases from the field that are a controller's. Each step starts where the
 * one before ended.
 */

const NAME = "t-wrong";
const CONF = "/etc/nova/nova.conf";
const RECORD = "/var/lib/openstack-spice/roles/controller/record";
const settings = { allowedSources: ["203.0.113.0/24"], dropOtherSources: true, removePackagesOnDestroy: true };
const document = controllerDocument(NAME, settings);
const error = (text: string) => `openstack-spice: error: ${NAME}: ${text}\n`;

describe("a controller that others set up in their way", () => {
  const node = nodeForTests(NAME, "nova");
  let before: Snapshot;
  let conf: string;

  beforeAll(async () => {
    // What a check alone would not refresh; a comment that is not ASCII; a hook of apt's.
    await node.read(
      `apt-get -qq update
       printf '# \\316\\261\\n[spice]\\nhtml5proxy_host = 127.0.0.1\\n' >>${CONF}
       printf 'DPkg::Post-Invoke { "echo $NEEDRESTART_SUSPEND $NEEDRESTART_MODE >>/root/needrestart"; };\\n' >/etc/apt/apt.conf.d/99needrestart`,
    );
    before = await snapshot(node);
    conf = await node.read(`base64 -w0 ${CONF}`);
  });
  const failsAndKeeps = async (run: () => Promise<Outcome>, status: number, message: RegExp) => {
    const record = await node.read(`cat ${RECORD}`);
    const outcome = await run();
    expect([outcome.status, outcome.stdout.includes("changed")]).toEqual([status, false]);
    expect(outcome.stderr).toMatch(message);
    expect(await node.read(`cat ${RECORD}`)).toBe(record);
  };

  it("that was refused has nothing of the program left after its destroy but what was uploaded", async () => {
    const refused = controllerDocument(NAME, { ...settings, release: Release.Antelope });
    expect((await converge(node, refused)).status).toBe(3);
    expect(await revert(node, "controller")).toMatchObject({ status: 0, stdout: "" });
    expect(await snapshot(node)).toEqual(before);
  });

  it("names a line that is no option by file, number and kind, and never shows it (D20)", async () => {
    const broken = "[DEFAULT]\ntransport_url = rabbit://nova:s3cret@queue/\n\n  and s3cret goes on\n";
    await node.where(
      `cp -a ${CONF} /root/whole; cat >>${CONF} <<'END'\n${broken}END`,
      `cat /root/whole >|${CONF}`,
      async () => {
        const number = (await node.read(`grep -an 'goes on' ${CONF}`)).split(":")[0];
        for (const run of [converge, async () => await runVerb(node, "check", document)]) {
          const { status, stdout, stderr } = await run(node, document);
          expect([status, stdout]).toEqual([3, ""]);
          expect(stderr).toContain(`${CONF}:${number}: Unexpected continuation line`);
          expect(stderr).not.toContain("s3cret");
        }
      },
    );
  });

  it("reads a nova.conf that is not ASCII, also where Python takes it for that, as 3.6 does without a locale (D33)", async () => {
    const { status, stderr } = await runVerb(node, "check", document, undefined, "PYTHONUTF8=0 PYTHONCOERCECLOCALE=0");
    expect([status, stderr]).toEqual([0, ""]);
  });

  it("reports 4,500 sources in lines of at most 1,000 characters", async () => {
    const allowedSources = Array.from({ length: 4500 }, (_, i) => `192.0.${Math.floor(i / 256)}.${i % 256}/32`);
    const { status, stdout, stderr } = await runVerb(
      node,
      "check",
      controllerDocument(NAME, { ...settings, allowedSources }),
    );
    expect([status, stderr]).toEqual([0, ""]);
    const longest = stdout.split("\n").reduce((one, other) => (one.length < other.length ? other : one));
    expect([longest.length > 900, longest.slice(-4)]).toEqual([true, " ..."]);
    expect(longest.startsWith("change firewall/proxy: open -> 6082 only from 192.0.0.0/32, 192.0.0.1/32, ")).toBe(true);
  });

  it("is refused, before anything is written, where its nova.conf is not UTF-8, with which no service of Nova starts (D33)", async () => {
    await node.where(`sed -i '1i # caf\\xe9' ${CONF}`, `sed -i 1d ${CONF}`, async () => {
      expect(await converge(node, document)).toEqual({
        status: 3,
        stdout: "",
        stderr: `openstack-spice: error: ${NAME}: line 1 of ${CONF} is not UTF-8, and Nova's services, in Python 3, would not start again. Mend that line, and run again\n`,
      });
    });
    expect(await node.read(`base64 -w0 ${CONF}`)).toBe(conf);
  });

  it("converges, and no service of others is restarted by apt's hooks (D32)", async () => {
    const { status, stdout } = await converge(node, document);
    expect([status, stdout.split("\n").at(-2)]).toEqual([0, "changed 8"]);
    expect(await node.read("sort -u /root/needrestart")).toBe("1 l\n");
    expect((await converge(node, document)).stdout.split("\n").at(-2)).toBe("changed 0");
  });

  it.each([
    [
      "systemctl",
      "echo 'Failed to connect to bus' >&2; exit 1",
      /the node does not report service\/openstack-spice-controller.service: Failed to connect to bus/,
    ],
    [
      "nft",
      "echo 'netlink: Error: cache initialization failed: Operation not permitted' >&2; exit 1",
      /firewall\/proxy could not be put back: the node does not report firewall\/nft: netlink: Error/,
    ],
  ])("whose %s does not answer is not reverted, and forgets nothing (D31)", async (tool, script, message) => {
    const file = `/usr/local/sbin/${tool}`;
    await node.where(`printf '#!/bin/sh\\n%s\\n' "${script}" >${file}; chmod +x ${file}`, `rm ${file}`, async () => {
      await failsAndKeeps(() => revert(node, "controller"), 1, message);
    });
  });

  it("keeps its SPICE proxy as long as noVNC is retired, or was when a run was cut off (D25)", async () => {
    expect((await converge(node, document)).status).toBe(0);
    await node.read(
      "sed -i 's/^NOVA_CONSOLE_PROXY_TYPE=.*/NOVA_CONSOLE_PROXY_TYPE=novnc/' /etc/default/nova-consoleproxy; systemctl enable -q --now nova-novncproxy",
    );
    await node.until("ss -Hltn | grep -q ':6080 '", 60);
    expect((await converge(node, retirementDocument(NAME))).status).toBe(0);
    const order =
      "noVNC is stopped on this node by the role vnc-proxy-retirement, and without this role the node would serve no console at all. Run 'openstack-spice revert vnc-proxy-retirement' first";
    const retirement = "/var/lib/openstack-spice/roles/vnc-proxy-retirement";
    for (const by of ["openstack-spice revert controller", "sudo -u ops openstack-spice revert controller"]) {
      expect(inShortOutcome(await node.run(by), NAME)).toEqual({ status: 3, stdout: "", stderr: error(order) });
    }
    await node.where(
      `mv ${retirement}/record ${retirement}/journal`,
      `mv ${retirement}/journal ${retirement}/record`,
      async () => {
        expect((await revert(node, "controller")).stderr).toBe(error(order));
      },
    );
    const active = "systemctl is-active nova-spicehtml5proxy nova-novncproxy || :";
    expect(await node.read(active)).toBe("active\ninactive\n");
    expect((await node.run("openstack-spice revert vnc-proxy-retirement")).status).toBe(0);
    expect(await node.read(active)).toBe("active\nactive\n");
    await node.read("systemctl disable -q --now nova-novncproxy");
  });

  it("reports and goes back after an upgrade to a release that the program does not know (D24)", async () => {
    const release = `printf 'ID=debian\\nVERSION_ID=99\\n' >/run/os-release; mount --bind /run/os-release /usr/lib/os-release`;
    await node.where(release, "umount /usr/lib/os-release", async () => {
      const outcome = await node.run("openstack-spice status");
      expect([outcome.status, outcome.stdout.split("\n").includes("role controller")]).toEqual([0, true]);
      await failsAndKeeps(() => converge(node, document), 3, /platform 'debian 99' is not supported/);
      expect(await revert(node, "controller")).toMatchObject({ status: 0 });
    });
    expect(await node.read("sort -u /root/needrestart")).toBe("1 l\n");
    // Byte for byte.
    expect(await node.read(`base64 -w0 ${CONF}`)).toBe(conf);
    expect((await snapshot(node)).own).toEqual(before.own);
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { nodeForTests } from "../support/nodeForTests";
import { controllerDocument } from "./support/documents";
import { type At, testProgram } from "./support/injection";
import { onNode } from "./support/onNode";
import { converge, lines, ownCommand, report, revert, setWayBack } from "./support/program";
import { type Snapshot, snapshot } from "./support/snapshot";

/** `packagesOnDestroy: remove`: what this stack installed goes when the node is reverted, and nothing else; and packages that hang. */

const NAME = "h-packages";
const document = controllerDocument(NAME, { removePackagesOnDestroy: true });
const ours = ["nova-consoleproxy", "spice-html5"];
const say = (...text: readonly string[]) => lines(...text.map((line) => `openstack-spice: ${NAME}: ${line}`));
const settingsBack = [
  "change service/nova-spicehtml5proxy: enabled, active -> disabled, inactive",
  "change spice/html5proxy_port: 6082 -> (unset)",
  "change spice/html5proxy_host: 0.0.0.0 -> (unset)",
];
const removed = ours.map((name) => `change package/${name}: installed -> (not installed)`);
const bothRemoved = report(["firewall unmanaged"], [...settingsBack, ...removed]);

describe("a controller whose packages go with the stack", () => {
  const node = nodeForTests(NAME, "nova");
  let before: Snapshot;

  beforeEach(async () => {
    await node.reset();
    before = await snapshot(node);
  });
  /** Whole packages that are installed, of these. */
  async function installed(...names: readonly string[]): Promise<readonly string[]> {
    const { stdout } = await node.run(`dpkg-query -W -f '\${db:Status-Status} \${Package}\\n' ${names.join(" ")}`);
    return stdout.split("\n").flatMap((line) => (line.startsWith("installed ") ? [line.slice(10)] : []));
  }
  const factsOf = (...names: readonly string[]) =>
    names.map((name) => `package ${name} ${name === "spice-html5" ? "0.3.0-2" : "2:26.2.2-1~deb12u5"}`);

  it("loses those alone, by the node's own command, and can converge again", async () => {
    expect((await converge(node, document)).status).toBe(0);
    const others = async () => await node.read("dpkg-query -W | grep -vE '^(nova-consoleproxy|spice-html5)\\s'");
    const othersBefore = await others();
    const { status, stdout, stderr } = await ownCommand(node, "revert controller", { user: "ops" });
    expect([status, stdout]).toEqual([0, bothRemoved]);
    expect(stderr).toBe(say("removing nova-consoleproxy spice-html5"));
    expect(await installed(...ours)).toEqual([]);
    expect(await others()).toBe(othersBefore);
    const after = await snapshot(node);
    expect(after.etc["/etc/nova/nova.conf"]).toBe(before.etc["/etc/nova/nova.conf"]);
    // Configuration files stay, as they do when a package is not purged.
    expect(after.etc["/etc/default/nova-consoleproxy"]).not.toBe(undefined);
    expect([after.units, after.own]).toEqual([before.units, before.own]);
    expect((await converge(node, document)).status).toBe(0);
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
  });

  it("keeps the proxy's package where noVNC came to use it, and what a new package needs", async () => {
    expect((await converge(node, document)).status).toBe(0);
    await node.read(
      `sed -i 's/^NOVA_CONSOLE_PROXY_TYPE=.*/NOVA_CONSOLE_PROXY_TYPE=novnc/' /etc/default/nova-consoleproxy
       systemctl enable --now nova-novncproxy
       mkdir -p /root/site/DEBIAN && cd /root && printf 'Package: site-page\\nVersion: 1\\nArchitecture: all\\nMaintainer: site <site@example.org>\\nDepends: spice-html5\\nDescription: test\\n' >site/DEBIAN/control && dpkg-deb -b site >/dev/null && dpkg -i site.deb`,
    );
    const { status, stdout, stderr } = await revert(node, "controller");
    expect([status, stdout]).toEqual([
      0,
      report([...factsOf(...ours), "firewall unmanaged"], settingsBack, [
        "service/nova-novncproxy",
        ...ours.map((name) => `package/${name}`),
      ]),
    ]);
    expect(stderr).toBe(
      say(
        "service/nova-novncproxy was changed by someone else since: left as it is",
        "package nova-consoleproxy stays: nova-novncproxy is enabled, active",
        "package spice-html5 stays: needed by nova-consoleproxy site-page",
      ),
    );
    expect(await installed(...ours, "site-page")).toEqual(["nova-consoleproxy", "site-page", "spice-html5"]);
    expect((await snapshot(node)).own).toEqual(before.own);
  });

  it("keeps all of them where the stack changes its mind, and loses them where it changes it again, at no restart", async () => {
    expect((await converge(node, document)).status).toBe(0);
    const { processes } = await snapshot(node);
    const kept = await converge(node, controllerDocument(NAME));
    expect([kept.status, kept.stdout]).toEqual([0, report([...factsOf(...ours), "firewall unmanaged"], [])]);
    expect(await node.read("grep -c packages-on-destroy /var/lib/openstack-spice/roles/controller/record || :")).toBe(
      "0\n",
    );
    expect((await converge(node, document)).status).toBe(0);
    expect((await snapshot(node)).processes).toEqual(processes);
    expect((await converge(node, controllerDocument(NAME))).status).toBe(0);
    expect((await revert(node, "controller")).stdout).toBe(
      report([...factsOf(...ours), "firewall unmanaged"], settingsBack),
    );
    expect(await installed(...ours)).toEqual(ours);
  });

  it.each<[string, At["when"], readonly string[]]>([
    ["before a package went", "before", removed],
    ["after they went", "after", []],
  ])("loses them by the next revert where one was killed %s", async (_, when, reported) => {
    expect((await converge(node, document)).status).toBe(0);
    // Without the timer that would finish it meanwhile.
    const program = testProgram({ at: [{ point: "remove-packages", when, then: "kill" }], without: ["watchdog"] });
    await setWayBack(node, "controller", program);
    expect((await revert(node, "controller")).status).toBe(1);
    await setWayBack(node, "controller");
    const { status, stdout } = await revert(node, "controller");
    expect([status, stdout]).toEqual([0, report(["firewall unmanaged"], reported)]);
    expect(await installed(...ours)).toEqual([]);
    expect((await snapshot(node)).own).toEqual(before.own);
  });

  it("keeps a QEMU module while a guest has SPICE, running or not", async () => {
    const uses = await onNode(node, "packages/use-of-qemu-module", [{ graphics: "vnc" }, { graphics: "spice" }]);
    expect(uses).toEqual(["", "guests have SPICE: aaaa"]);
  });

  it("has it reported that apt was ended where a maintainer script hangs, and nothing of it runs on", async () => {
    await node.read(
      `mkdir -p /srv/site/tree/DEBIAN && cd /srv/site
       printf 'Package: spice-html5\\nVersion: 9\\nArchitecture: all\\nMaintainer: site <site@example.org>\\nDescription: test\\n' >tree/DEBIAN/control
       printf '#!/bin/sh\\nexec sleep 987\\n' >tree/DEBIAN/postinst && chmod 755 tree/DEBIAN/postinst && dpkg-deb -b tree s.deb >/dev/null
       { cat tree/DEBIAN/control; printf 'Filename: ./s.deb\\nSize: %s\\nSHA256: %s\\n\\n' "$(stat -c %s s.deb)" "$(sha256sum <s.deb | cut -d ' ' -f 1)"; } >Packages
       echo 'deb [trusted=yes] file:/srv/site ./' >/etc/apt/sources.list.d/site.list; apt-get -qq update`,
    );
    const now = await snapshot(node);
    const { status, stderr } = await converge(node, document, {
      program: testProgram({ limits: { aptInstallWait: 60 } }),
    });
    expect(status).toBe(1);
    expect(stderr).toContain(
      "E: apt-get was ended, since it had not come to its end after 60 s. 'dpkg --configure -a' shows what hangs\n",
    );
    expect(
      stderr.endsWith(
        say("the node is as it was, but for the packages nova-consoleproxy=2:26.2.2-1~deb12u5 spice-html5, which stay"),
      ),
    ).toBe(true);
    expect((await node.run("pgrep -fx 'sleep 987'; ls /run/systemd/system/nova-*")).stdout).toBe("");
    const after = await snapshot(node);
    expect([after.etc["/etc/nova/nova.conf"], after.own]).toEqual([now.etc["/etc/nova/nova.conf"], now.own]);
  });
});

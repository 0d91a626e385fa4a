import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { LabNode } from "../support/lab";
import { nodeForTests } from "../support/nodeForTests";
import { controllerDocument } from "./support/documents";
import { controllerReport, converge, lines, revert, runVerb } from "./support/program";
import { type Snapshot, changedPaths, snapshot } from "./support/snapshot";

/** A controller that has no console proxy yet: its package is installed, at the price of no other, and starts nothing that nobody asked for. */

const NAME = "h-install";
const document = controllerDocument(NAME);

/** Installed packages, by name: version. */
async function packagesOf(node: LabNode): Promise<Record<string, string>> {
  const list = await node.read("dpkg-query -W -f '${db:Status-Abbrev}\\t${Package}\\t${Version}\\n'");
  const rows = list.split("\n").flatMap((line) => {
    const [state, name = "", version = ""] = line.split("\t");
    return state?.startsWith("ii") === true ? [[name, version] as const] : [];
  });
  return Object.fromEntries(rows);
}

describe("a controller without a console proxy", () => {
  const node = nodeForTests(NAME, "nova");
  let before: Snapshot;
  let packagesBefore: Record<string, string>;

  beforeAll(async () => {
    before = await snapshot(node);
    packagesBefore = await packagesOf(node);
    expect(Object.keys(packagesBefore)).not.toContain("nova-consoleproxy");
  });
  it("has it reported what `check` would do, of which nothing happens", async () => {
    await node.read("apt-get -qq update");
    const { status, stdout } = await runVerb(node, "check", document);
    expect(stdout).toBe(
      lines(
        "change package/nova-consoleproxy: (not installed) -> 2:26.2.2-1~deb12u5",
        "change package/spice-html5: (not installed) -> 0.3.0-2",
        "change spice/html5proxy_host: (unset) -> 0.0.0.0",
        "change spice/html5proxy_port: (unset) -> 6082",
        "change service/nova-spicehtml5proxy: (not installed) -> enabled, active",
        "nova 26.2.2",
        "firewall unmanaged",
        "changed 5",
      ),
    );
    expect(status).toBe(0);
    expect(await snapshot(node)).toEqual(before);
  });

  it("gets the package of its own Nova and the SPICE proxy alone; every other package stays as it is", async () => {
    const { status, stdout, stderr } = await converge(node, document, { user: "ops" });
    expect(stdout).toBe(
      controllerReport([
        "change package/nova-consoleproxy: (not installed) -> 2:26.2.2-1~deb12u5",
        "change package/spice-html5: (not installed) -> 0.3.0-2",
        "change service/nova-novncproxy: (not installed) -> disabled, inactive",
        "change service/nova-serialproxy: (not installed) -> disabled, inactive",
        "change spice/html5proxy_host: (unset) -> 0.0.0.0",
        "change spice/html5proxy_port: (unset) -> 6082",
        "change service/nova-spicehtml5proxy: (not installed) -> enabled, active",
      ]),
    );
    expect(stderr).toBe(`openstack-spice: ${NAME}: installing nova-consoleproxy=2:26.2.2-1~deb12u5 spice-html5\n`);
    expect(status).toBe(0);
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
    const packages = await packagesOf(node);
    expect(packages).toMatchObject(packagesBefore);
    expect(packages).toMatchObject({ "nova-consoleproxy": "2:26.2.2-1~deb12u5", "spice-html5": "0.3.0-2" });
  });

  it("has no other proxy running, enabled or started at any time", async () => {
    const { units } = await snapshot(node);
    expect(units).toEqual({
      ...before.units,
      "nova-novncproxy.service": "disabled inactive",
      "nova-serialproxy.service": "disabled inactive",
      "nova-spicehtml5proxy.service": "enabled active",
    });
    expect(await node.read("journalctl -q -o cat -u nova-novncproxy -u nova-serialproxy")).toBe("");
    expect(await node.read("systemctl show -P NRestarts nova-spicehtml5proxy; ls /run/systemd/system")).toBe("0\n");
  });

  it("is left as it is by a second run", async () => {
    const converged = await snapshot(node);
    const { stdout } = await converge(node, document, { user: "ops" });
    expect(stdout.split("\n").slice(-2)).toEqual(["changed 0", ""]);
    expect(await snapshot(node)).toEqual(converged);
  });

  it("has all as it was after a revert, but for the packages, which stay and start nothing, also after a reboot", async () => {
    const { status, stdout } = await revert(node, "controller", { user: "ops" });
    expect(stdout).toBe(
      controllerReport([
        "change service/nova-spicehtml5proxy: enabled, active -> disabled, inactive",
        "change spice/html5proxy_port: 6082 -> (unset)",
        "change spice/html5proxy_host: 0.0.0.0 -> (unset)",
      ]),
    );
    expect(status).toBe(0);
    const after = await snapshot(node);
    const changes = changedPaths(before, after);
    expect(changes["/etc/nova/nova.conf"]).toBe(undefined);
    expect(Object.keys(changes).filter((path) => path.includes("openstack-spice") || path.includes("/wants/"))).toEqual(
      [],
    );
    expect(after.own).toEqual([]);
    await node.reboot();
    expect((await snapshot(node)).units).toEqual({
      ...before.units,
      "nova-novncproxy.service": "disabled inactive",
      "nova-serialproxy.service": "disabled inactive",
      "nova-spicehtml5proxy.service": "disabled inactive",
    });
  });
});

/** Makes a second repository out of tiny packages: `make NAME VERSION [FIELD]`. */
const SITE_REPOSITORY = `set -e
mkdir -p /srv/site && cd /srv/site
make() {
  mkdir -p tree/DEBIAN
  printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\nMaintainer: site <site@example.org>\\nDescription: test\\n%s' "$1" "$2" "\${3:+$3
}" >tree/DEBIAN/control
  dpkg-deb -b tree "$1_$2.deb" >/dev/null
  { cat tree/DEBIAN/control; printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "$1_$2.deb" "$(stat -c %s "$1_$2.deb")" "$(sha256sum <"$1_$2.deb" | cut -d ' ' -f 1)"; } >>Packages
}
echo 'deb [trusted=yes] file:/srv/site ./' >/etc/apt/sources.list.d/site.list
`;

describe("a package is refused, and the node left untouched,", () => {
  const node = nodeForTests("h-refuse", "nova");
  beforeEach(async () => {
    await node.reset();
  });
  const wanted = "nova-consoleproxy=2:26.2.2-1~deb12u5 spice-html5";
  const cannot = (reason: string) =>
    `package ${wanted} cannot be had: ${reason}. Add the repository that Nova 26.2.2 came from, or install the package by hand`;

  it.each([
    ["where no repository has it", ": >/etc/apt/sources.list", cannot("E: Unable to locate package nova-consoleproxy")],
    [
      "where the repository has only that of a newer Nova",
      "mkdir /srv/site; sed 's/2:26.2.2-1~deb12u5/2:26.2.3-1/' /srv/pool/Packages >/srv/site/Packages; " +
        "echo 'deb [trusted=yes] file:/srv/site ./' >/etc/apt/sources.list",
      cannot("E: Version '2:26.2.2-1~deb12u5' for 'nova-consoleproxy' was not found"),
    ],
    [
      "where it would upgrade another one",
      `${SITE_REPOSITORY}
       make site-base 1.0; dpkg -i site-base_1.0.deb >/dev/null
       make site-base 2.0; make spice-html5 9.0 'Depends: site-base (>= 2.0)'`,
      `installing ${wanted} would touch other packages: site-base (upgraded). Upgrade Nova on this node first, in a maintenance window, or install the package by hand`,
    ],
    [
      "where it would remove another one",
      `${SITE_REPOSITORY}
       make site-base 1.0; dpkg -i site-base_1.0.deb >/dev/null
       make spice-html5 9.0 'Conflicts: site-base'`,
      cannot("E: Packages need to be removed but remove is disabled."),
    ],
    [
      "where it would downgrade another one",
      `${SITE_REPOSITORY}
       make site-base 2.0; dpkg -i site-base_2.0.deb >/dev/null
       : >Packages; make site-base 1.0; make spice-html5 9.0 'Depends: site-base (<< 2.0)'`,
      cannot("E: Unable to correct problems, you have held broken packages."),
    ],
    [
      "where it would upgrade one that is held",
      `${SITE_REPOSITORY}
       make site-base 1.0; dpkg -i site-base_1.0.deb >/dev/null; apt-mark hold site-base >/dev/null
       make site-base 2.0; make spice-html5 9.0 'Depends: site-base (>= 2.0)'`,
      cannot("E: Unable to correct problems, you have held broken packages."),
    ],
  ])("%s", async (_, spoil, message) => {
    await node.read(spoil);
    const before = await snapshot(node);
    const { status, stdout, stderr } = await converge(node, controllerDocument("h-refuse"));
    expect(stderr.split("\n").filter((line) => line.startsWith("openstack-spice:"))).toEqual([
      `openstack-spice: h-refuse: apt does not know ${wanted}; refreshing its lists`,
      `openstack-spice: error: h-refuse: ${message}`,
    ]);
    expect([status, stdout]).toEqual([3, ""]);
    expect(await snapshot(node)).toEqual(before);
  });
});

import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { LabNode } from "../support/lab";
import { nodeForTests } from "../support/nodeForTests";
import { controllerDocument } from "./support/documents";
import { converge, lines, revert } from "./support/program";
import { type Snapshot, changedPaths, snapshot } from "./support/snapshot";

/** A web client from elsewhere: where the platform has none (RHEL 9, modelled), and in the place of the platform's own (Debian 12). */

const PROXY = "openstack-nova-spicehtml5proxy";
const CLIENTS = "/usr/local/share/openstack-spice";
const DROP_IN = `/etc/systemd/system/${PROXY}.service.d/openstack-spice.conf`;

/** Makes archives of what a node has of spice-html5, as npm packs them; prints the checksum. */
function pack(file: string, prepare = "true", from = "/usr/src/clients/usr/share/spice-html5"): string {
  return `set -e; rm -rf /tmp/package; cp -rL ${from} /tmp/package; cd /tmp/package; ${prepare}
cd /tmp; chown -R 1000:1000 package; chmod -R g+w package; tar -czf ${file} package; sha256sum ${file} | cut -c 1-64`;
}
const sum = async (node: LabNode, command: string) => (await node.read(command)).trim();

describe("a controller whose platform has no web client", () => {
  const NAME = "m-client";
  const node = nodeForTests(NAME, "el9-like");
  let before: Snapshot;
  const document = (archive: string, sha256: string) => controllerDocument(NAME, { webClient: { archive, sha256 } });
  const change = (sha256: string, archive: string) =>
    `change web-client${CLIENTS}/web-client-${sha256.slice(0, 12)}: (none) -> ${archive} (sha256 ${sha256.slice(0, 12)})`;
  const folders = () => node.read(`ls ${CLIENTS} 2>/dev/null || true`);
  const kept = () => node.read("find /usr/local/share /usr/share/spice-html5 2>/dev/null | sort || true");

  beforeEach(async () => {
    await node.reset();
    await node.untilServes(6080, "/vnc_auto.html");
    before = await snapshot(node);
  });
  it("gets it from an archive on the node, for the SPICE proxy alone; again changes nothing, without the archive; another one takes its place; all goes back", async () => {
    const found = await kept();
    const sha256 = await sum(node, pack("/root/client.tgz"));
    const { status, stdout, stderr } = await converge(node, document("/root/client.tgz", sha256), { user: "ops" });
    expect(stderr).toBe(`openstack-spice: ${NAME}: installing ${PROXY}-1:27.2.0-1.el9.noarch\n`);
    expect([status, stdout]).toEqual([
      0,
      lines(
        `change package/${PROXY}: (not installed) -> 1:27.2.0-1.el9`,
        change(sha256, "/root/client.tgz"),
        "change spice/html5proxy_host: (unset) -> 0.0.0.0",
        "change spice/html5proxy_port: (unset) -> 6082",
        `change file${DROP_IN}: (none) -> written`,
        `change service/${PROXY}: (not installed) -> enabled, active`,
        "nova 27.2.0",
        `package ${PROXY} 1:27.2.0-1.el9`,
        "firewall unmanaged",
        "changed 6",
      ),
    ]);
    const folder = `${CLIENTS}/web-client-${sha256.slice(0, 12)}`;
    expect(await node.read(`cat ${DROP_IN}`)).toBe(
      lines(
        "# Written by openstack-spice, removed when the role is reverted.",
        "[Service]",
        "ExecStart=",
        `ExecStart=/usr/bin/nova-spicehtml5proxy --web ${folder}`,
      ),
    );
    expect(await node.read(`find ${CLIENTS} ! -user root -o ! -group root -o -perm /022`)).toBe("");
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
    await node.read("systemctl restart openstack-nova-novncproxy");
    await node.untilServes(6080, "/vnc_auto.html");

    await node.read("rm /root/client.tgz");
    const converged = await snapshot(node);
    const again = await converge(node, document("/root/client.tgz", sha256), { user: "ops" });
    expect([again.status, again.stdout.split("\n").at(-2), again.stderr]).toEqual([0, "changed 0", ""]);
    expect(await snapshot(node)).toEqual(converged);

    const later = await sum(node, pack("/root/later.tgz", "echo later >LATER"));
    const other = await converge(node, document("/root/later.tgz", later), { user: "ops" });
    expect([other.status, other.stderr]).toEqual([0, ""]);
    expect(other.stdout.split("\n").slice(0, 4)).toEqual([
      change(later, "/root/later.tgz"),
      `change file${DROP_IN}: edited -> written`,
      `restarted ${PROXY}`,
      `change web-client${folder}: sha256 ${sha256.slice(0, 12)} -> (none)`,
    ]);
    expect(await folders()).toBe(`web-client-${later.slice(0, 12)}\n`);

    const back = await revert(node, "controller", { user: "ops" });
    expect([back.status, back.stderr]).toEqual([0, ""]);
    const after = await snapshot(node);
    expect(changedPaths(before, after)).toEqual({});
    expect(after.own).toEqual([]);
    expect(await kept()).toBe(found);
  });

  it("gets it from a URL", async () => {
    const sha256 = await sum(node, pack("/srv/client.tgz"));
    await node.read("systemd-run -q --unit=web python3 -m http.server -d /srv 8000");
    await node.untilServes(8000, "/client.tgz");
    const { status, stderr } = await converge(node, document("http://127.0.0.1:8000/client.tgz", sha256));
    expect([status, stderr]).toEqual([0, `openstack-spice: ${NAME}: installing ${PROXY}-1:27.2.0-1.el9.noarch\n`]);
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
  });

  it("gets it from another package, in a folder of that one's", async () => {
    await node.read(`set -e; cat >/tmp/site.spec <<'SPEC'
Name: site-spice
Version: 1
Release: 1
Summary: test
License: MIT
BuildArch: noarch
AutoReqProv: no
%description
test
%install
mkdir -p %{buildroot}/opt/site; cp -rL /usr/src/clients/usr/share/spice-html5 %{buildroot}/opt/site/spice
%files
/opt/site
SPEC
rpmbuild -bb --quiet --define '_rpmdir /srv/site' --define '__os_install_post %{nil}' /tmp/site.spec; createrepo_c -q /srv/site
printf '[site]\\nname=site\\nbaseurl=file:///srv/site\\ngpgcheck=0\\n' >/etc/yum.repos.d/site.repo`);
    const { status, stdout } = await converge(
      node,
      controllerDocument(NAME, { webClient: { package: "site-spice", folder: "/opt/site/spice" } }),
    );
    expect([status, stdout.split("\n").slice(0, 2)]).toEqual([
      0,
      [
        `change package/${PROXY}: (not installed) -> 1:27.2.0-1.el9`,
        "change package/site-spice: (not installed) -> 1-1",
      ],
    ]);
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
  });

  const none = "0".repeat(64);
  it.each([
    [
      "that is another one",
      "cp /etc/hostname /root/client.tgz; echo 0000",
      none,
      (sha: string) =>
        `/root/client.tgz is not the web client that is declared: its SHA-256 is ${sha}. Nothing of it was used. Correct webClient.sha256 if you trust this one`,
    ],
    [
      "that is not there",
      "echo",
      none,
      () =>
        "/root/client.tgz, the archive of the web client, is not on this node. Put it there, or give a URL as webClient.archive",
    ],
    [
      "that is no archive",
      "echo no >/root/client.tgz; sha256sum /root/client.tgz | cut -c 1-64",
      undefined,
      () => "/root/client.tgz is not a tar archive. Give webClient.archive one, packed or not",
    ],
    [
      "with a link out of it",
      pack("/root/client.tgz", "ln -s /etc etc"),
      undefined,
      () =>
        "/root/client.tgz has links or devices in it, or more than 64 MiB. A web client is plain files: pack those alone",
    ],
    [
      "of something else",
      pack("/root/client.tgz", "true", "/usr/src/clients/usr/share/novnc/app"),
      undefined,
      () =>
        "/root/client.tgz has no spice_auto.html in it: this is not spice-html5. Give another one as webClient.archive",
    ],
  ])("is refused and left untouched with an archive %s", async (_, prepare, declared, message) => {
    const made = await sum(node, prepare);
    before = await snapshot(node);
    const actual = await sum(node, "sha256sum /root/client.tgz 2>/dev/null | cut -c 1-64");
    const { status, stdout, stderr } = await converge(node, document("/root/client.tgz", declared ?? made));
    expect(stderr).toBe(`openstack-spice: error: ${NAME}: ${message(actual)}\n`);
    expect([status, stdout]).toEqual([3, ""]);
    expect(await snapshot(node)).toEqual(before);
  });

  it("is refused and left untouched with an archive that cannot be fetched", async () => {
    const { status, stdout, stderr } = await converge(node, document("http://127.0.0.1:9/client.tgz", none));
    expect([status, stdout, stderr]).toEqual([
      3,
      "",
      lines(
        "openstack-spice: http://127.0.0.1:9/client.tgz: <urlopen error [Errno 111] Connection refused>",
        `openstack-spice: error: ${NAME}: http://127.0.0.1:9/client.tgz cannot be fetched from this node (see above). Make it reachable, or copy the archive to the node and give its path as webClient.archive`,
      ),
    ]);
    expect(await snapshot(node)).toEqual(before);
  });

  it("is as it was, but for the package, with a client whose page names a script that is not in it", async () => {
    const sha256 = await sum(node, pack("/root/client.tgz", "rm src/main.js || rm main.js || rm spicearraybuffer.js"));
    const { status, stderr } = await converge(node, document("/root/client.tgz", sha256));
    expect(status).toBe(1);
    expect(stderr).toContain(`${PROXY} does not serve the console page`);
    expect(await folders()).toBe("");
    expect(changedPaths(before, await snapshot(node))).toEqual({});
  });
});

describe("a Debian controller with a web client of the operator's choice", () => {
  const NAME = "m-deb";
  const UNIT = "nova-spicehtml5proxy";
  const node = nodeForTests(NAME, "proxy");
  beforeAll(async () => {
    await node.untilServes(6080, "/vnc_auto.html");
  });
  it("serves that one, next to noVNC's pages, and then the package's again", async () => {
    const before = await snapshot(node);
    const from = "/usr/share/spice-html5";
    const sha256 = await sum(node, pack("/root/client.tgz", "echo ours >ours.txt", from));
    const webClient = { archive: "/root/client.tgz", sha256 };
    const { status, stderr } = await converge(node, controllerDocument(NAME, { webClient }));
    expect([status, stderr]).toEqual([0, ""]);
    expect(await node.read(`cat /etc/systemd/system/${UNIT}.service.d/openstack-spice.conf`)).toBe(
      lines(
        "# Written by openstack-spice, removed when the role is reverted.",
        "# Lets the SPICE proxy start beside the one that NOVA_CONSOLE_PROXY_TYPE names.",
        "[Service]",
        "Environment=INIT_TEMPLATE=1",
        `Environment=OS_DEFAULT__WEB=${CLIENTS}/web-client-${sha256.slice(0, 12)}`,
      ),
    );
    expect([await node.answers(6082, "/ours.txt"), await node.answers(6080, "/vnc_auto.html")]).toEqual([200, 200]);

    const without = await converge(node, controllerDocument(NAME));
    expect(without.stdout.split("\n").filter((line) => /^(change|restarted) /.test(line))).toEqual([
      `change file/etc/systemd/system/${UNIT}.service.d/openstack-spice.conf: edited -> written`,
      `restarted ${UNIT}`,
      `change web-client${CLIENTS}/web-client-${sha256.slice(0, 12)}: sha256 ${sha256.slice(0, 12)} -> (none)`,
    ]);
    expect([await node.answers(6082, "/ours.txt"), await node.answers(6082, "/spice_auto.html")]).toEqual([404, 200]);
    expect(await node.read(`ls -d ${CLIENTS} || true`)).toBe("");

    await revert(node, "controller");
    expect(changedPaths(before, await snapshot(node))).toEqual({});
  });
});

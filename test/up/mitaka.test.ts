/**
 * The recipe that this project started from, row by row, from `pulumi up` on the stack `mitaka` (docs/recipe.md), on nodes like CentOS 7 with RDO's Mitaka
 * (modelled). The lab's network has other addresses: the recipe's three, and EPEL's, are replaced by the lab's, and nothing else of the stack's file is;
 * test/contract/mitaka.test.ts has what its own addresses become.
 */
import { join } from "node:path";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CompressionPreset, ConsoleClient, Release, guestConsole } from "../../components";
import { type QueuedCompute, bootQueuedCompute } from "../host/support/compute";
import { type Snapshot, changedPaths, snapshot } from "../host/support/snapshot";
import { Project, REPOSITORY } from "../support/engine";
import { LAB_STATE, LabNode } from "../support/lab";
import { mitakaFile } from "../support/mitaka";

const GUEST = "5b1ce000-0000-4000-8000-000000000015";
const DOMAIN = `<domain type='qemu'><name>guest</name><uuid>${GUEST}</uuid><memory unit='MiB'>32</memory><os><type>hvm</type></os>
<devices><graphics type='vnc' port='-1' listen='0.0.0.0'/></devices></domain>`;
const EPEL = "https://mirrors.fedoraproject.org/metalink?repo=epel-7&arch=$basearch";
const PROXY = "openstack-nova-spicehtml5proxy";
const COMPUTE = "openstack-nova-compute";

/** Row 12's web server: any service will do. */
const HTTPD = `printf '[Service]\\nExecStart=/usr/bin/sleep infinity\\n' >/etc/systemd/system/httpd.service
systemctl daemon-reload; systemctl start httpd`;

/** A rule of somebody's that is in the kernel alone. */
const STRANGER = "iptables -A FORWARD -j ACCEPT -m comment --comment neutron";
/** Rows 8 and 9: what CentOS 7 has by itself, with iptables-services, and that rule. */
const IPTABLES = `mkdir -p /etc/sysconfig; cat >/etc/sysconfig/iptables <<'END'
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p icmp -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp -m multiport --dports 22,6080 -j ACCEPT
-A INPUT -j REJECT --reject-with icmp-host-prohibited
COMMIT
END
cat >/etc/systemd/system/iptables.service <<'END'
[Unit]
AssertPathExists=/etc/sysconfig/iptables
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/iptables-restore /etc/sysconfig/iptables
ExecStop=/usr/sbin/iptables -F
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload; systemctl enable -q --now iptables; ${STRANGER}`;
/** The recipe's own, with the blank at the end of its comment. */
const RULE =
  '-A INPUT -p tcp -m multiport --dports 6082 -m comment --comment "Allow SPICE connections for console access " -j ACCEPT';

/** The stack's file, with the lab's addresses in the place of the recipe's. */
function stackFile(control: LabNode, compute: LabNode): string {
  const replacements = [
    ["192.168.1.100", control.address],
    ["172.16.1.100", compute.address],
    ["[172.16.1.10]", `[${control.address}]`],
    [EPEL, "file:///srv/epel/mirrors"],
  ] as const;
  return replacements.reduce((text, [theirs, ours]) => {
    expect(text).toContain(theirs);
    return text.replaceAll(theirs, ours);
  }, mitakaFile);
}

/** The options of a section of nova.conf, as they stand there, sorted. */
async function section(node: LabNode, name: string): Promise<readonly string[]> {
  const text = await node.read("cat /etc/nova/nova.conf");
  const lines: string[] = [];
  let current = "";
  for (const line of text.split("\n")) {
    current = /^\[(.*)\]$/.exec(line)?.[1] ?? current;
    if (current === name && /^[a-z]/.test(line)) {
      lines.push(line);
    }
  }
  return lines.sort();
}

describe("the recipe on the stack mitaka", () => {
  const project = new Project();
  let cloud: QueuedCompute;
  let control: LabNode;
  let compute: LabNode;
  let before: { readonly control: Snapshot; readonly compute: Snapshot };
  let output = "";

  const both = async () => {
    const [first, second] = await Promise.all([snapshot(control), snapshot(compute)]);
    return { control: first, compute: second };
  };
  const baseUrl = () => `https://${control.address}:6082/spice_auto.html`;
  const started = async (node: LabNode, unit: string) =>
    Number(await node.read(`systemctl show -P ExecMainStartTimestampMonotonic ${unit}`));

  beforeAll(async () => {
    [cloud, control] = await Promise.all([
      bootQueuedCompute("m", "el7-compute", COMPUTE),
      LabNode.boot("m-el7", "el7-like"),
    ]);
    compute = cloud.compute;
    await control.untilServes(6080, "/vnc_auto.html");
    await control.read(`${HTTPD}; ${IPTABLES}`);
    // Nobody has given the nodes EPEL yet.
    for (const node of [control, compute]) {
      await node.read("rm /etc/yum.repos.d/epel.repo; echo file:///srv/epel/ >/srv/epel/mirrors");
    }
    await compute.read("cat >/root/guest.xml && virsh -q define /root/guest.xml && virsh -q start guest", DOMAIN);
    before = await both();
    project.write("Pulumi.yaml", readFileSync(join(REPOSITORY, "Pulumi.yaml"), "utf8"));
    project.write("index.ts", `export * from ${JSON.stringify(join(REPOSITORY, "index"))};\n`);
    expect(project.pulumi("stack", "init", "mitaka").status).toBe(0);
    const file = join(project.folder, "Pulumi.mitaka.yaml");
    const salt = readFileSync(file, "utf8");
    const login = `  openstack-spice:sshPrivateKeyFile: ${join(LAB_STATE, "id")}\n`;
    writeFileSync(file, `${salt}${stackFile(control, compute)}${login}`);
    const run = project.pulumi("up", "--yes", "--skip-preview");
    output = run.output;
    expect(run.output).not.toContain("error:");
    expect(run.status).toBe(0);
  });
  afterAll(async () => {
    project.remove();
    await Promise.all([control.remove(), compute.remove(), cloud.controller.remove()]);
  });

  it("row 1: both nodes have EPEL 7, unsigned and with all its packages, and are warned of that", async () => {
    for (const node of [control, compute]) {
      expect(await node.read("cat /etc/yum.repos.d/epel.repo"))
        .toBe(`# Written by openstack-spice, removed when the role is reverted.
[epel]
name=Extra Packages for Enterprise Linux 7 - $basearch
mirrorlist=file:///srv/epel/mirrors
failovermethod=priority
enabled=1
gpgcheck=0
gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-EPEL-7
`);
    }
    expect(output).toContain("packageRepository.gpgCheck is false");
    expect(output).toContain("packageRepository.includePackages is empty");
  });

  it("row 2: spice-html5 is installed on both", async () => {
    for (const node of [control, compute]) {
      expect(await node.read("rpm -q spice-html5")).toBe("spice-html5-0.1.7-1.el7.noarch\n");
    }
    expect(output).toContain("recipe has web-client-on-computes (row 2)");
  });

  it("row 3: the controller has the proxy, of its Nova's build", async () => {
    expect(await control.read(`rpm -q ${PROXY}`)).toBe(`${PROXY}-13.1.4-1.el7.noarch\n`);
  });

  it("row 4: VNC is off by both its names, on both", async () => {
    for (const node of [control, compute]) {
      expect(await section(node, "DEFAULT")).toContain("vnc_enabled = False");
      expect(await section(node, "vnc")).toContain("enabled = False");
    }
    expect(output).toContain("recipe has vnc-enabled-in-default (row 4)");
  });

  it("row 5: [DEFAULT] web is set on both", async () => {
    for (const node of [control, compute]) {
      expect(await section(node, "DEFAULT")).toContain("web = /usr/share/spice-html5");
    }
    expect(output).toContain("recipe has web-in-nova-conf (row 5)");
  });

  it("row 6: the controller's [spice] is the recipe's, to the letter", async () => {
    expect(await section(control, "spice")).toEqual([
      "agent_enabled = true",
      "enabled = True",
      `html5proxy_base_url = ${baseUrl()}`,
      "html5proxy_host = 0.0.0.0",
      "html5proxy_port = 6082",
      "keymap = en-us",
    ]);
    expect(output).toContain("recipe has https-url-over-plain-proxy (row 6)");
  });

  it("row 7: and so is the compute's", async () => {
    expect(await section(compute, "spice")).toEqual([
      "agent_enabled = true",
      "enabled = True",
      `html5proxy_base_url = ${baseUrl()}`,
      "keymap = en-us",
      "server_listen = 0.0.0.0",
      `server_proxyclient_address = ${compute.address}`,
    ]);
    expect(output).toContain("serverListenEverywhere is true");
    expect(output).toContain("agentEnabled is true");
  });

  it("row 8: TCP 6082 is open to everybody, by the recipe's rule", async () => {
    expect(output).toContain("firewall/iptables: (none) -> accept tcp 6082 from 0.0.0.0/0");
    expect((await control.read("iptables -S INPUT")).split("\n")).toContain(RULE);
    expect(await control.answers(6082, "/spice_auto.html")).toBe(200);
    expect(output).toContain("recipe has firewall-rule-first (row 8)");
  });

  it("row 9: and for ever, in /etc/sysconfig/iptables before the reject, and iptables was restarted", async () => {
    const file = (await control.read("cat /etc/sysconfig/iptables")).split("\n");
    expect(file.slice(-4, -1)).toEqual([RULE, "-A INPUT -j REJECT --reject-with icmp-host-prohibited", "COMMIT"]);
    expect(output).toContain("restarted iptables");
    // What it costs: a rule that is not in the file is gone.
    expect(await control.read("iptables -S FORWARD")).toBe("-P FORWARD ACCEPT\n");
  });

  it("row 10: guests' consoles are open to the controller, and to nobody else", async () => {
    const connect = (node: LabNode) =>
      node.run(`timeout 3 bash -c '</dev/tcp/${compute.address}/5900'`).then(({ status }) => status);
    expect(await connect(control)).toBe(0);
    expect(await connect(cloud.controller)).toBe(124);
  });

  it("row 11: nova-compute was restarted, before the controller's services", async () => {
    const unit = `${COMPUTE}.service`;
    expect((await snapshot(compute)).processes[unit]).not.toBe(before.compute.processes[unit]);
    const reported = (line: string) => output.indexOf(line);
    expect(reported(`restarted ${COMPUTE}`)).toBeGreaterThan(0);
    expect(reported("restarted httpd")).toBeGreaterThan(reported(`restarted ${COMPUTE}`));
  });

  it("row 12: httpd was restarted, then the proxy started, and it is enabled at boot", async () => {
    expect(await started(control, "httpd")).toBeLessThan(await started(control, PROXY));
    expect(output).toContain(`service/${PROXY}: (not installed) -> enabled, active`);
    expect((await snapshot(control)).units[`${PROXY}.service`]).toBe("enabled active");
  });

  it("row 13: port 6082 listens, and has the console's page", async () => {
    expect(await control.read("ss -Hltn 'sport = :6082' | wc -l")).toBe("1\n");
    expect(await control.answers(6082, "/spice_auto.html")).toBe(200);
  });

  it("row 14: the guest that has to be restarted for SPICE is named", () => {
    const { nodes } = JSON.parse(project.pulumi("stack", "output", "--json").output) as {
      nodes: Record<string, { guestsWithoutSpice: readonly string[] }>;
    };
    expect(nodes["compute"]?.guestsWithoutSpice).toEqual([GUEST]);
    expect(nodes["controller"]?.guestsWithoutSpice).toEqual([]);
  });

  it("row 15: video is a preset: of image properties in Mitaka, and of compression where Nova has it", () => {
    const wishes = { client: ConsoleClient.Html5, preset: CompressionPreset.Video } as const;
    expect(guestConsole({ ...wishes, release: Release.Mitaka })).toEqual({
      imageProperties: { hw_video_model: "qxl" },
      extraSpecs: {},
    });
    const file = join(project.folder, "Pulumi.mitaka.yaml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, `${text}  openstack-spice:compression:\n    preset: video\n`);
    const { status, output } = project.pulumi("preview");
    writeFileSync(file, text);
    expect(status).not.toBe(0);
    expect(output).toMatch(/compression\S*: .* came in 27\.0\.0/);
  });

  it("is not touched by `up` again", async () => {
    const now = await both();
    const { status, output } = project.pulumi("up", "--yes", "--expect-no-changes");
    expect(output).toMatch(/11 unchanged/);
    expect(status).toBe(0);
    expect(await both()).toEqual(now);
  });

  it("is taken back by `destroy`, EPEL too, but for the packages", async () => {
    const { status, output } = project.pulumi("destroy", "--yes", "--skip-preview");
    expect(output).not.toContain("kept");
    // What row 9's restart wiped no record has.
    await control.read(STRANGER);
    expect(status).toBe(0);
    const now = await both();
    for (const node of ["control", "compute"] as const) {
      expect(changedPaths(before[node], now[node])).toEqual({});
      expect(now[node].rules).toEqual(before[node].rules);
      expect(now[node].own).toEqual([]);
    }
    expect(now.control.units).toEqual({ ...before.control.units, [`${PROXY}.service`]: "disabled inactive" });
    expect(now.compute.units).toEqual(before.compute.units);
  });
});

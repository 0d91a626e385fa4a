import { describe, expect, it } from "vitest";
import { SpiceConsole } from "../../components";
import { readConfig } from "../../program/config";
import { mitakaConfig } from "../support/mitaka";
import { type Registered, run } from "./support/recorder";
import { stateOf } from "./support/states";

/** The stack `mitaka` with the recipe's own addresses and values, which no network of ours has: what goes to the nodes, byte by byte. */

const declare = () => run(() => new SpiceConsole("cloud", readConfig()), { config: mitakaConfig() });

function documentOf(resources: readonly Registered[], name: string) {
  const { id: _, ...state } = stateOf(resources.find((resource) => resource.name === name));
  return state;
}

const repository = {
  id: "epel",
  settings: {
    name: "Extra Packages for Enterprise Linux 7 - $basearch",
    mirrorlist: "https://mirrors.fedoraproject.org/metalink?repo=epel-7&arch=$basearch",
    failovermethod: "priority",
    enabled: "1",
    gpgcheck: "0",
    gpgkey: "file:///etc/pki/rpm-gpg/RPM-GPG-KEY-EPEL-7",
  },
};

/** What both nodes' nova.conf says: rows 4, 5 and 6. */
const both = { DEFAULT: { web: "/usr/share/spice-html5", vnc_enabled: "False" }, vnc: { enabled: "False" } };
const spice = {
  enabled: "True",
  agent_enabled: "true",
  html5proxy_base_url: "https://192.168.1.100:6082/spice_auto.html",
  keymap: "en-us",
};

describe("the stack mitaka", () => {
  it("says to the controller what rows 1 to 6, 8, 9 and 12 of the recipe say", async () => {
    const { resources, error } = await declare();
    expect(error).toBeUndefined();
    expect(documentOf(resources, "cloud-controller-converge")).toEqual({
      role: "controller",
      node: "controller",
      owner: "project/stack",
      release: 13,
      firewall: { sources: { "0.0.0.0/0": {} } },
      repository,
      recipe: { "firewall-rule-first": true, "restart-iptables": true, "restart-httpd": true },
      "nova.conf": {
        ...both,
        spice: {
          ...spice,
          html5proxy_host: "0.0.0.0",
          html5proxy_port: "6082",
        },
      },
    });
  });

  it("says to the compute what rows 1, 2, 4, 5, 7 and 10 say", async () => {
    const { resources } = await declare();
    expect(documentOf(resources, "cloud-compute-converge")).toEqual({
      role: "compute",
      node: "compute",
      owner: "project/stack",
      release: 13,
      vnc: "off",
      acceptConsoleLoss: true,
      consolePorts: { first: 5900, last: 5999, sources: { "172.16.1.10/32": {} } },
      repository,
      recipe: { "web-client-on-computes": true },
      "nova.conf": {
        ...both,
        spice: {
          ...spice,
          server_listen: "0.0.0.0",
          server_proxyclient_address: "172.16.1.100",
        },
      },
    });
  });

  it("has the computes converge first, then the controller, then noVNC end", async () => {
    const { resources } = await declare();
    const order = Object.fromEntries(
      resources.filter(({ name }) => name.endsWith("-converge")).map(({ name, dependsOn }) => [name, dependsOn]),
    );
    expect(order).toEqual({
      "cloud-compute-converge": ["cloud-compute-program"],
      "cloud-controller-converge": ["cloud-compute-converge", "cloud-controller-program"],
      "cloud-vnc-proxies-controller-converge": ["cloud-controller-converge", "cloud-vnc-proxies-controller-program"],
    });
  });

  it("warns of what each of the recipe's behaviours costs, where it is not ours", async () => {
    const { warnings } = await declare();
    expect(warnings).toEqual([
      "No hostKey is given for controller, compute: whatever answers there is trusted. Give each the line of its /etc/ssh/ssh_host_ed25519_key.pub, read in a way you trust.",
      "proxy.allowedSources names 0.0.0.0/0: everybody may connect to the proxy, and needs just a token of a console. Name the blocks of your users.",
      "packageRepository.gpgCheck is false: whoever answers in the place of the repository epel has root on the nodes with the next installation. Give its gpgKey, and leave gpgCheck out.",
      "packageRepository.includePackages is empty: with the next update on the nodes, packages of the repository epel take the place of those of others. Leave it out, and only spice-html5 comes from there.",
      "recipe has web-client-on-computes (row 2): the web client is installed on the computes too. What it costs: nothing on a compute reads it: it is one more package to keep up to date. Take it out for our own behaviour.",
      "recipe has vnc-enabled-in-default (row 4): [DEFAULT] vnc_enabled is written next to [vnc] enabled. What it costs: it is an older name of the same option, which wins or loses by where it stands, and who changes the one later has to change both. Take it out for our own behaviour.",
      "recipe has web-in-nova-conf (row 5): [DEFAULT] web is written. What it costs: it is Nova's default already, and nova-novncproxy reads it too: one that is started without --web then serves the SPICE pages, and no VNC console. Take it out for our own behaviour.",
      "recipe has compute-options-on-controllers (row 6): the computes' switches of VNC and SPICE, the base URL and the keymap are written on the controllers too. What it costs: no service of a controller reads them: who changes them there later changes nothing. Take it out for our own behaviour.",
      "recipe has https-url-over-plain-proxy (row 6): computes hand out an https URL though nothing is known to terminate TLS. What it costs: a browser opens no console unless something in front of the proxy terminates TLS. Take it out for our own behaviour.",
      "recipe has firewall-rule-first (row 8): iptables gets the rule for the proxy's port before all its others. What it costs: who was refused by a rule of yours before, by address say, reaches the proxy. Take it out for our own behaviour.",
      "recipe has restart-iptables (row 9): the controllers' service iptables is restarted after the rule was written to its file. What it costs: a restart wipes all rules that are not in that file, Neutron's and libvirt's too, and cuts off what they let through. Take it out for our own behaviour.",
      "recipe has computes-first (row 11): the computes converge before the controllers. What it costs: until the proxy runs, guests that have SPICE alone have no console; and what is wrong with a controller shows only then. Take it out for our own behaviour.",
      "recipe has restart-httpd (row 12): the web server is restarted before the proxy starts, whenever the proxy is given something new to read. What it costs: consoles do not need it: the dashboard and whatever else it serves is gone for that time. Take it out for our own behaviour.",
      "acceptConsoleLoss is true: with vnc off, a running guest has no console at all until its hard reboot. Go by way of vnc alongside to spare them that.",
      "serverListenEverywhere is true: guests' consoles have no password, and listen on every address of a compute, its outer ones too. Leave it out, and they listen on serverProxyclientAddress.",
      "agentEnabled is true: Nova before 14.0.5 and 15.0.1 makes the agent's channel of the wrong type (https://launchpad.net/bugs/1634495), and takes the USB tablet away with it, so that guests without VNC have a pointer that drifts. Leave it out.",
      "extraNovaOptions.computes has spice/keymap: it spoils the keyboards of users who have another one (https://launchpad.net/bugs/1682020). Take it out.",
    ]);
  });
});

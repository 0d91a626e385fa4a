import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ConfigurationManagementTool,
  type NovaFragment,
  Release,
  Role,
  Vnc,
  defaultConsolePorts,
  desiredStateDocument,
  novaFragment,
  parseCidrs,
  vncProxyRetirement,
} from "../../../nova";
import { printableText } from "../../support/osloConfig";

const must = (fragment: NovaFragment | undefined): NovaFragment => {
  if (fragment === undefined) {
    throw new Error("the fragment has validation errors");
  }
  return fragment;
};

const owner = "acme/openstack-spice/lab";

describe("desiredStateDocument", () => {
  it("of a controller whose release is to be detected", () => {
    const fragment = must(
      novaFragment(Role.Controller, {
        html5proxyHost: "0.0.0.0",
        html5proxyPort: 6082,
        allowedOrigins: ["dashboard.example.org"],
      }).value,
    );
    const allowedSources = parseCidrs(["203.0.113.0/24", "192.0.2.7"], "").value?.map(({ text }) => text);
    expect(
      desiredStateDocument({
        role: Role.Controller,
        owner,
        node: "control-1",
        vnc: Vnc.Alongside,
        allowedSources,
        fragment,
      }),
    ).toBe(`controller = control-1
owner = acme/openstack-spice/lab
firewall = managed
allow-from = 192.0.2.7/32
allow-from = 203.0.113.0/24
option-range = console/allowed_origins 15 -
option-name = console/allowed_origins 13-14 DEFAULT/console_allowed_origins
[console]
allowed_origins = dashboard.example.org
[spice]
html5proxy_host = 0.0.0.0
html5proxy_port = 6082
`);
  });

  it("of a stack that had another name, which stands below its owner in every role", () => {
    const document = desiredStateDocument({
      role: vncProxyRetirement,
      owner,
      formerOwner: "acme/openstack-spice/old",
      node: "control-1",
    });
    expect(document).toBe(`vnc-proxy-retirement = control-1
owner = acme/openstack-spice/lab
former-owner = acme/openstack-spice/old
vnc = off
`);
  });

  it("of a compute whose release is asserted", () => {
    const fragment = must(
      novaFragment(
        Role.Compute,
        {
          vnc: Vnc.Off,
          agentEnabled: true,
          html5proxyBaseUrl: "http://console.example.org:6082/spice_auto.html",
          serverListen: "198.51.100.21",
          serverProxyclientAddress: "198.51.100.21",
          tokenTtl: 1800,
        },
        Release.Zed,
      ).value,
    );
    expect(
      desiredStateDocument({
        role: Role.Compute,
        owner,
        node: "compute-1",
        release: Release.Zed,
        vnc: Vnc.Off,
        acceptConsoleLoss: true,
        consolePorts: { ...defaultConsolePorts, sources: ["198.51.100.11/32", "2001:db8::/64"] },
        fragment,
      }),
    ).toBe(`compute = compute-1
owner = acme/openstack-spice/lab
release = 26
vnc = off
accept-console-loss = true
console-ports = 5900-5999 198.51.100.11/32 2001:db8::/64
[consoleauth]
token_ttl = 1800
[vnc]
enabled = false
[spice]
enabled = true
agent_enabled = true
html5proxy_base_url = http://console.example.org:6082/spice_auto.html
server_listen = 198.51.100.21
server_proxyclient_address = 198.51.100.21
`);
  });

  it("of a compute whose release is to be detected, with an option that went", () => {
    const fragment = must(
      novaFragment(Role.Compute, {
        vnc: Vnc.Keep,
        agentEnabled: true,
        html5proxyBaseUrl: "http://console.example.org:6082/spice_auto.html",
        serverListen: "198.51.100.21",
        serverProxyclientAddress: "198.51.100.21",
        extraNovaOptions: { "spice/keymap": "de" },
      }).value,
    );
    const document = desiredStateDocument({
      role: Role.Compute,
      owner,
      node: "compute-1",
      vnc: Vnc.Keep,
      acceptConsoleLoss: false,
      fragment,
    });
    expect(document.split("\n").slice(2, 5)).toEqual([
      "option-range = spice/keymap 13 21",
      "[spice]",
      "enabled = true",
    ]);
  });

  it("of what an operator vouches for, where that is given", () => {
    const fragment = must(novaFragment(Role.Controller, { html5proxyHost: "0.0.0.0", html5proxyPort: 6082 }).value);
    const controller = { role: Role.Controller, owner, node: "control-1", vnc: Vnc.Alongside, fragment } as const;
    const headOf = (state: Parameters<typeof desiredStateDocument>[0]) =>
      desiredStateDocument(state).split("\n").slice(2, 7);
    expect(
      headOf({
        ...controller,
        ignoreConfigurationManagement: [ConfigurationManagementTool.Puppet, ConfigurationManagementTool.Pacemaker],
        acceptPendingChanges: true,
        removeObsoleteOptions: true,
      }),
    ).toEqual([
      "ignore-manager = puppet",
      "ignore-manager = pacemaker",
      "accept-pending-changes = true",
      "dead-keys = remove",
      "firewall = unmanaged",
    ]);
    const none = {
      ignoreConfigurationManagement: [],
      acceptPendingChanges: false,
      removeObsoleteOptions: false,
      dropOtherSources: false,
    };
    expect(desiredStateDocument({ ...controller, ...none })).toBe(desiredStateDocument(controller));
  });

  it("of a retirement of noVNC, which declares nothing in nova.conf", () => {
    expect(desiredStateDocument({ role: vncProxyRetirement, owner, node: "control-1", release: Release.Mitaka })).toBe(
      `vnc-proxy-retirement = control-1
owner = acme/openstack-spice/lab
release = 13
vnc = off
`,
    );
  });

  it.each([
    [undefined, ["firewall = unmanaged"]],
    [[], ["firewall = managed"]],
    [
      ["0.0.0.0/0", "::/0"],
      ["firewall = managed", "allow-from = 0.0.0.0/0", "allow-from = ::/0"],
    ],
  ])("tells sources that are not given from none: %j", (allowedSources, lines) => {
    const fragment = { sections: [], ranges: [], names: [] };
    const document = desiredStateDocument({
      role: Role.Controller,
      owner,
      node: "control-1",
      vnc: Vnc.Keep,
      allowedSources,
      fragment,
    });
    expect(document.split("\n").filter((line) => /^(firewall|allow-from)/.test(line))).toEqual(lines);
  });

  it("is lines of printable ASCII, each an item, whatever printable text a value is", () => {
    fc.assert(
      fc.property(printableText, (certificate) => {
        const fragment = must(
          novaFragment(Role.Controller, { html5proxyHost: "::", html5proxyPort: 6082, tls: { certificate } }).value,
        );
        const document = desiredStateDocument({
          role: Role.Controller,
          owner,
          node: "control-1",
          vnc: Vnc.Keep,
          fragment,
        });
        expect(document).toMatch(/^([\x20-\x7e]+\n)+$/);
        const body = document.split("\n").slice(3, -1);
        expect(body.map((line) => line.split(" = ", 1)[0])).toEqual([
          "[DEFAULT]",
          "cert",
          "[spice]",
          "html5proxy_host",
          "html5proxy_port",
        ]);
      }),
    );
  });
});

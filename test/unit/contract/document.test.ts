import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type NovaFragment, Role, renderDesiredState, vncProxyRetirement } from "../../../contract";
import {
  ConfigurationManagementTool,
  Release,
  Vnc,
  defaultConsolePorts,
  novaFragment,
  parseCidrs,
} from "../../../nova";
import { makeCertificate } from "../../support/certificate";
import { printableText } from "../../support/osloConfig";

const must = (fragment: NovaFragment | undefined): NovaFragment => {
  if (fragment === undefined) {
    throw new Error("the fragment has validation errors");
  }
  return fragment;
};

const owner = "acme/openstack-spice/lab";

describe("renderDesiredState", () => {
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
      renderDesiredState({
        role: Role.Controller,
        owner,
        node: "control-1",
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
    const document = renderDesiredState({
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
      renderDesiredState({
        role: Role.Compute,
        owner,
        node: "compute-1",
        release: Release.Zed,
        vncOff: true,
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
    const document = renderDesiredState({
      role: Role.Compute,
      owner,
      node: "compute-1",
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
    const controller = { role: Role.Controller, owner, node: "control-1", fragment } as const;
    const headOf = (state: Parameters<typeof renderDesiredState>[0]) =>
      renderDesiredState(state).split("\n").slice(2, 7);
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
    expect(renderDesiredState({ ...controller, ...none })).toBe(renderDesiredState(controller));
  });

  it("of a controller that is asked for all there is", () => {
    const { certPem, privateKeyPem } = makeCertificate({});
    const base64 = (pem: string) => pem.replace(/-----.*-----|\s/g, "");
    const document = renderDesiredState(
      {
        role: Role.Controller,
        owner,
        node: "control-1",
        allowedSources: [],
        dropOtherSources: true,
        certificate: { chain: [certPem, certPem], key: privateKeyPem },
        tlsHost: "console.example.org",
        tlsTerminatedUpstream: true,
        removePackagesOnDestroy: true,
        repository: { id: "epel", lines: ["name=epel", "enabled=1"], key: "KEY\n" },
        webClient: { archive: "/srv/client.tgz", sha256: "0".repeat(64) },
        recipe: ["restart-httpd"],
        fragment: { sections: [], ranges: [], names: [] },
      },
      "0a1b2c",
    );
    expect(document.split("\n")).toEqual([
      "id = 0a1b2c",
      "controller = control-1",
      "owner = acme/openstack-spice/lab",
      "firewall = managed",
      "close-to-others = true",
      `tls-certificate = ${base64(certPem)} ${base64(certPem)}`,
      `tls-key = PRIVATE KEY ${base64(privateKeyPem)}`,
      "tls-host = console.example.org",
      "tls-ends-before = true",
      "packages-on-destroy = remove",
      "repository = epel",
      "repository-key = S0VZCg==",
      "repository-line = name=epel",
      "repository-line = enabled=1",
      `web-client-archive = ${"0".repeat(64)} /srv/client.tgz`,
      "recipe = restart-httpd",
      "",
    ]);
  });

  it("of a retirement of noVNC, which declares nothing in nova.conf", () => {
    expect(renderDesiredState({ role: vncProxyRetirement, owner, node: "control-1", release: Release.Mitaka })).toBe(
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
    const document = renderDesiredState({
      role: Role.Controller,
      owner,
      node: "control-1",
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
        const document = renderDesiredState({
          role: Role.Controller,
          owner,
          node: "control-1",
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

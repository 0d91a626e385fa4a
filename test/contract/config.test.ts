import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { SpiceConsole } from "../../components";
import { readConfig } from "../../program/config";
import { configOf } from "../support/mitaka";
import { cloud, encryptedKey, hostKey, privateKey } from "./support/cloud";
import { run } from "./support/recorder";

const folder = mkdtempSync(join(tmpdir(), "openstack-spice-config-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Reads a configuration as the engine hands it over: each value a text, structures as JSON. */
const read = (keys: Readonly<Record<string, unknown>>, secretKeys: readonly string[] = []) =>
  run(readConfig, {
    secretKeys: secretKeys.map((key) => `openstack-spice:${key}`),
    config: Object.fromEntries(
      Object.entries(keys).map(([key, value]) => [
        `openstack-spice:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  });

const sound = { proxy: cloud.proxy, controllers: cloud.controllers, computes: cloud.computes };

describe("readConfig", () => {
  it("reads the least that is needed", async () => {
    const { result, error } = await read(sound);
    expect(error).toBeUndefined();
    expect(result).toEqual({ ...sound, ssh: {} });
  });

  it("reads every key", async () => {
    const bastion = { host: "192.0.2.1", hostKey, user: "jump", privateKey };
    const given = {
      proxy: {
        ...{ baseUrl: "https://console.example.org/spice_auto.html", listenAddress: "192.0.2.11", port: 6083 },
        ...{
          behindLoadBalancer: true,
          allowedSources: [],
          dropOtherSources: true,
          allowedOrigins: ["dashboard.example.org"],
        },
        tls: {
          ...{ certificate: "/etc/nova/console.pem", key: "/etc/nova/console.key", only: true },
          ...{ ciphers: "HIGH", minimumVersion: "tlsv1_3" },
        },
        enforceSessionTimeout: true,
      },
      ssh: {
        user: "ops",
        port: 2222,
        agentSocketPath: "/run/agent",
        dialErrorLimit: 3,
        perDialTimeout: 5,
        bastion,
        requireHostKeys: true,
      },
      controllers: [
        {
          name: "control-1",
          connection: { host: "192.0.2.11", hostKey, bastion },
          listenAddress: "192.0.2.11",
          proxySourceAddresses: ["192.0.2.11"],
          onDestroy: "restore",
          ignoreConfigurationManagement: ["pacemaker"],
        },
      ],
      computes: [
        {
          name: "compute-1",
          connection: { host: "192.0.2.21" },
          serverProxyclientAddress: "198.51.100.21",
          serverListen: "198.51.100.21",
          acceptPendingChanges: true,
        },
      ],
      extraNovaOptions: { controllers: { "DEFAULT/record": "x" }, computes: { "spice/keymap": "de" } },
      compression: {
        ...{ preset: "video", image: "auto_lz", jpeg: "auto", zlib: "never", playback: true, streamingMode: "filter" },
      },
      extraConsoleSources: ["198.51.100.0/24"],
      consolePortRange: { first: 5900, last: 6099 },
      rollout: { canaries: ["compute-1"], batchSize: 5 },
      ignoreConfigurationManagement: ["puppet", "salt"],
      ...{
        vnc: "off",
        novaApiCredentials: "service_user",
        release: "2023.1",
        onDestroy: "keep",
        packagesOnDestroy: "remove",
      },
      ...{ removeObsoleteOptions: "true", requireSecure: "false", nativeClientsOnly: "true", tokenTtl: "1800" },
      ...{ formerStack: "acme/openstack-spice/old", convergeAgain: "2026-03-01" },
      ...{ spiceDirectProxyBaseUrl: "https://kerbside.example.org:13002/nova" },
      ...{ acceptConsoleLoss: "true", agentEnabled: "false", serverListenEverywhere: "true" },
      ...{ controllerSecurityGroupId: "group-1", computeSecurityGroupId: "group-2" },
      ...{ sshPrivateKey: encryptedKey, sshPrivateKeyPassword: "password" },
    };
    const { result, error } = await read(given);
    expect(error).toBeUndefined();
    const { sshPrivateKey, sshPrivateKeyPassword, ...rest } = given;
    expect(result).toEqual({
      ...rest,
      ssh: { ...given.ssh, privateKey: sshPrivateKey, privateKeyPassword: sshPrivateKeyPassword },
      ...{ removeObsoleteOptions: true, requireSecure: false, nativeClientsOnly: true, tokenTtl: 1800 },
      ...{ release: 27, acceptConsoleLoss: true, agentEnabled: false, serverListenEverywhere: true },
    });
  });

  it("warns of keys and passwords that are not encrypted, naming each, and shows none", async () => {
    const connection = { host: "192.0.2.21", password: "hidden", bastion: { host: "192.0.2.1", privateKey } };
    const computes = [{ name: "compute-1", connection, serverProxyclientAddress: "198.51.100.21" }];
    const keys = { ...sound, computes, sshPrivateKey: encryptedKey, sshPrivateKeyPassword: "password" };
    const { warnings } = await read(keys);
    expect(warnings).toEqual([
      "Not encrypted in the stack's file, for all to see who can read it: sshPrivateKey, sshPrivateKeyPassword, computes[0].connection.password, " +
        "computes[0].connection.bastion.privateKey. Set each as a secret, such as pulumi config set --secret sshPrivateKey < FILE, " +
        "and use another key if the file was ever shared.",
    ]);
    const inPart = await read(keys, ["sshPrivateKey", "sshPrivateKeyPassword"]);
    expect(inPart.warnings.join("\n")).toContain(
      "pulumi config set --secret --path 'openstack-spice:computes[0].connection.password' < FILE",
    );
    expect((await read(keys, ["sshPrivateKey", "sshPrivateKeyPassword", "computes"])).warnings).toEqual([]);
    expect((await read(sound)).warnings).toEqual([]);
  });

  it("takes unquoted numbers and truth values of YAML where texts are meant", async () => {
    const { result } = await read({
      ...sound,
      extraNovaOptions: { computes: { "spice/n": 600, "spice/x": true } },
      release: "26",
    });
    expect(result?.extraNovaOptions?.computes).toEqual({ "spice/n": "600", "spice/x": "true" });
    expect(result?.release).toBe(26);
  });

  it("takes an empty value for nothing", async () => {
    const { result, error } = await read({
      ...sound,
      ssh: {},
      release: "",
      sshPrivateKey: "",
      sshPrivateKeyFile: "",
      computeSecurityGroupId: "",
    });
    expect(error).toBeUndefined();
    expect(result).toEqual({ ...sound, ssh: {} });
  });

  it("reads the key from a file", async () => {
    const file = join(folder, "id");
    writeFileSync(file, privateKey);
    const { result } = await read({ ...sound, sshPrivateKeyFile: file });
    expect(result?.ssh).toEqual({ privateKey });
  });

  it("says what is wrong with a key, under the name of where it comes from", async () => {
    const file = join(folder, "indented");
    writeFileSync(file, privateKey.replace(/^/gm, "  "));
    const reasonOf = async (keys: Readonly<Record<string, unknown>>) =>
      (await read({ ...sound, ...keys })).error?.split("\n")[1];
    expect(await reasonOf({ sshPrivateKeyFile: file })).toContain(
      "  sshPrivateKeyFile: The lines of the private key are indented. ",
    );
    expect(await reasonOf({ sshPrivateKey: privateKey.replaceAll("\n", " ") })).toContain(
      "  sshPrivateKey: The private key is not in lines",
    );
    expect(await reasonOf({ sshPrivateKey: privateKey, sshPrivateKeyPassword: "p" })).toContain(
      "  sshPrivateKey: The private key is not encrypted, and the SSH client refuses one with a sshPrivateKeyPassword then.",
    );
  });

  it("says which key file cannot be read, and why", async () => {
    const { error } = await read({ ...sound, sshPrivateKeyFile: "/nonexistent/id" });
    expect(error).toBe(
      "The stack's configuration: 1 argument is wrong, and nothing was changed on any node.\n" +
        '  sshPrivateKeyFile: "/nonexistent/id" cannot be read (ENOENT). Give the path of a private key on this machine, or set the secret sshPrivateKey.',
    );
  });

  it("refuses two keys", async () => {
    const { error } = await read({ ...sound, sshPrivateKey: privateKey, sshPrivateKeyFile: "/nonexistent/id" });
    expect(error).toContain(
      "\n  sshPrivateKeyFile: Both sshPrivateKeyFile and sshPrivateKey are set. Take one of them out.",
    );
    expect(error).not.toContain("BEGIN");
  });

  it("lists every key that is unknown, missing or of the wrong kind", async () => {
    const { error } = await read({
      proxy: { baseurl: "x", port: "six" },
      computes: "compute-1",
      vnc: "on",
      rolout: {},
      release: "zet",
      acceptConsoleLoss: "yes",
      ssh: { privateKey: { secret: "hidden" } },
    });
    expect(error?.split("\n").map((line) => line.replace(/(: .{20}).*/, "$1"))).toEqual([
      "The stack's configuration: 10 arguments are wro",
      "  rolout: No such key. The key",
      "  proxy.baseurl: No such key. proxy h",
      "  proxy.baseUrl: It is missing. Pulum",
      "  proxy.port: It is a text, and ha",
      "  computes: It is neither an obj",
      "  ssh.privateKey: It is not a text. Pu",
      '  vnc: "on" is not one of k',
      '  release: "zet" is not an Open',
      '  acceptConsoleLoss: "yes" is not true or',
      "  controllers: It is missing. Pulum",
    ]);
    expect(error).not.toContain("hidden");
  });

  const key = [
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    "aHVudGVyMg",
    "hunter2",
    "-----END OPENSSH PRIVATE KEY-----",
    "",
  ].join("\n");
  const node = { name: "a", connection: { host: "192.0.2.1" } };
  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ["where tls is an object", { proxy: { ...sound.proxy, tls: key } }, "proxy.tls"],
    ["where proxy is", { proxy: key }, "proxy"],
    ["as a JSON text where proxy is", { proxy: JSON.stringify(key) }, "proxy"],
    ["where a truth value is", { proxy: { ...sound.proxy, tls: { only: key } } }, "proxy.tls.only"],
    ["where a choice is", { proxy: { ...sound.proxy, tls: { minimumVersion: key } } }, "proxy.tls.minimumVersion"],
    ["where a list is", { proxy: { ...sound.proxy, allowedSources: key } }, "proxy.allowedSources"],
    ["in a list", { proxy: { ...sound.proxy, allowedSources: [[key]] } }, "proxy.allowedSources[0]"],
    ["in an object where a text is", { proxy: { baseUrl: { key } } }, "proxy.baseUrl"],
    ["where a number is", { ssh: { port: key } }, "ssh.port"],
    ["in JSON that is cut", { ssh: `{"privateKey": ${JSON.stringify(key)}` }, "ssh"],
    ["in JSON with a comma too many", { ssh: `{"password": "hunter2",}` }, "ssh"],
    ["in YAML in the place of JSON", { ssh: "password: hunter2" }, "ssh"],
    ["in JSON that is not closed, of the nodes", { computes: `[{"password": "hunter2"` }, "computes"],
    ["as the name of a key", { ssh: { [key]: null, user: "ops", "hunter2 x": 1 } }, "ssh.(a key that is no name)"],
    ["where a bastion is", { ssh: { bastion: key } }, "ssh.bastion"],
    ["where a connection is", { controllers: [{ name: "a", connection: key }] }, "controllers[0].connection"],
    ["where a node is", { computes: [key] }, "computes[0]"],
    ["where a node's choice is", { controllers: [{ ...node, onDestroy: "hunter2" }] }, "controllers[0].onDestroy"],
    ["where a key's text is, in an object", { ssh: { privateKey: { key } } }, "ssh.privateKey"],
    ["where a repository is", { packageRepository: key }, "packageRepository"],
    [
      "where a repository's key is, in a list",
      { packageRepository: { id: "x", gpgKey: [key] } },
      "packageRepository.gpgKey",
    ],
    ["where a web client is", { webClient: [key] }, "webClient"],
    ["where a client's archive is, in an object", { webClient: { archive: { key } } }, "webClient.archive"],
    ["where options are", { extraNovaOptions: { controllers: key } }, "extraNovaOptions.controllers"],
    [
      "in an option",
      { extraNovaOptions: { controllers: { "database/connection": { key } } } },
      'extraNovaOptions.controllers["database/connection"]',
    ],
    ["where a choice of all is", { vnc: key }, "vnc"],
    ["where a release is", { release: key }, "release"],
    ["where a list of tools is", { ignoreConfigurationManagement: [key] }, "ignoreConfigurationManagement[0]"],
    ["as a key of the stack's", { [key]: "x" }, "(a key that is no name)"],
  ])(
    "says where a secret stands that is in the wrong place, and never a part of it: %s",
    async (_where, keys, path) => {
      const { error } = await read({ ...sound, ...keys });
      expect(error).toContain(`\n  ${path}: `);
      expect(error).not.toMatch(/hunter2|aHVudGVyMg|BEGIN/);
    },
  );

  it("says what was expected, and what is there", async () => {
    const { error } = await read({ ...sound, proxy: { ...sound.proxy, tls: key }, ssh: "{" });
    expect(error?.split("\n").slice(1)).toEqual([
      "  proxy.tls: It is a text of 4 lines, and has to be an object with the keys certificate, key, certPem, privateKeyPem, only, ciphers, minimumVersion. " +
        "Pulumi.example.yaml shows how to write it.",
      "  ssh: It is neither an object nor a list, or cannot be parsed as one. Set its parts one by one with `pulumi config set --path`, " +
        "or write it as in Pulumi.example.yaml.",
    ]);
  });

  it("takes every value that Pulumi.example.yaml shows, but for the file of the key", async () => {
    const example = readFileSync(resolve(__dirname, "../../Pulumi.example.yaml"), "utf8");
    const { "openstack-spice:sshPrivateKeyFile": _, ...config } = configOf(example);
    const { result, error } = await run(readConfig, { config });
    expect(error).toBeUndefined();
    expect(result?.webClient?.sha256).toMatch(/^0{64}$/);
  });

  it("knows exactly the keys that Pulumi.example.yaml shows", async () => {
    const example = readFileSync(resolve(__dirname, "../../Pulumi.example.yaml"), "utf8");
    const shown = [...example.matchAll(/^ {2}(?:# {2} pulumi config set --secret |openstack-spice:)(\w+)/gm)].map(
      ([, key]) => key,
    );
    const { error } = await read({ ...sound, nosuchkey: "" });
    const known = /nosuchkey: No such key\. The keys are (.*)\.$/m.exec(error ?? "")?.[1]?.split(", ");
    expect([...new Set(shown)].sort()).toEqual([...(known ?? [])].sort());
    expect(shown.length).toBeGreaterThan(30);
  });

  const documents = ["your-own-cloud", "tls", "firewalls", "rhel-web-client"].flatMap((name) => {
    const text = readFileSync(resolve(__dirname, `../../docs/${name}.md`), "utf8");
    return [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml = ""]) => [name, yaml] as const);
  });

  it.each(documents)("takes what docs/%s.md shows:\n%s", async (_, yaml) => {
    const text = (yaml.startsWith("config:\n") ? yaml : `config:\n${yaml.replace(/^(?=.)/gm, "  ")}`)
      .replaceAll("ssh-ed25519 AAAA...", hostKey)
      .replace('"..." #', `"${"0".repeat(64)}" #`);
    const shown = configOf(text);
    // What a snippet says of the proxy comes to what has to be there.
    const proxy = { ...sound.proxy, ...(JSON.parse(shown["openstack-spice:proxy"] ?? "{}") as object) };
    const config: Record<string, string> = { ...shown, "openstack-spice:proxy": JSON.stringify(proxy) };
    for (const [key, value] of Object.entries(sound)) {
      config[`openstack-spice:${key}`] ??= JSON.stringify(value);
    }
    const { error } = await run(() => new SpiceConsole("cloud", readConfig()), { config });
    expect(error).toBeUndefined();
  });

  it("finds what the documents show", () => {
    expect(documents.map(([name]) => name)).toEqual([
      ...["your-own-cloud", "tls", "tls", "tls", "firewalls", "firewalls"],
      ...["rhel-web-client", "rhel-web-client"],
    ]);
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { type PackageRepository, RecipeSwitch } from "../../nova";
import { nodeForTests } from "../support/nodeForTests";
import { type ControllerOptions, controllerDocument } from "./support/documents";
import { converge, lines, revert } from "./support/program";
import { type Snapshot, changedPaths, snapshot } from "./support/snapshot";

/** A repository that the stack brings, as EPEL 7 for a node like CentOS 7 that has none: signed packages, their key, and all of it gone again. */

const NAME = "m-epel";
const PROXY = "openstack-nova-spicehtml5proxy";
const FILE = "/etc/yum.repos.d/epel.repo";
const KEY_FILE = "/etc/pki/rpm-gpg/RPM-GPG-KEY-EPEL-7";

/** Makes two keys, and signs EPEL's packages with the first one; nobody has given the node EPEL. */
const SIGN = `set -e; rm ${FILE}; mkdir -p /etc/pki/rpm-gpg /root/keys; chmod 700 /root/keys; export GNUPGHOME=/root/keys
for name in epel other; do
  gpg --batch --quiet --passphrase '' --quick-gen-key "$name <$name@example.org>" rsa2048 sign never 2>/dev/null
  gpg --batch --armor --export "$name@example.org" >/root/$name.asc
done
rpmsign --define '_gpg_name epel' --define '_gpg_path /root/keys' --define '__gpg /usr/bin/gpg' --addsign /srv/epel/*.rpm >/dev/null 2>&1
rm -r /srv/epel/repodata; createrepo_c -q /srv/epel; gpgconf --kill all`;

describe("a package repository of the stack's", () => {
  const node = nodeForTests(NAME, "el7-like");
  let before: Snapshot;
  let key: string;
  let other: string;
  const keys = () => node.read("rpm -qa 'gpg-pubkey*'");
  const repository = (more: Partial<PackageRepository> = {}): PackageRepository => ({
    ...{ id: "epel", name: "EPEL 7", baseUrl: "file:///srv/epel", gpgKey: key, gpgKeyPath: KEY_FILE },
    ...more,
  });
  const document = (options: ControllerOptions = {}) => controllerDocument(NAME, options);

  beforeEach(async () => {
    await node.reset();
    await node.read(SIGN);
    [key, other] = await Promise.all([node.read("cat /root/epel.asc"), node.read("cat /root/other.asc")]);
    before = await snapshot(node);
  });
  it("is written with its key, checked, and gives the web client; again changes nothing; all goes back, with the packages where asked", async () => {
    const wanted = document({ packageRepository: repository(), removePackagesOnDestroy: true });
    const { status, stdout, stderr } = await converge(node, wanted, { user: "ops" });
    expect(stderr).toBe(`openstack-spice: ${NAME}: installing ${PROXY}-1:13.1.4-1.el7.noarch spice-html5\n`);
    const id = (await keys()).trim().replace("gpg-pubkey-", "");
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{8}(\.\S+)?$/);
    const [short = ""] = id.split(".");
    const reported = [
      `change file${KEY_FILE}: (none) -> written`,
      `change rpm-key/${short}: (none) -> imported`,
      `change file${FILE}: (none) -> written`,
      `change package/${PROXY}: (not installed) -> 1:13.1.4-1.el7`,
      "change package/spice-html5: (not installed) -> 0.1.7-1.el7",
      "change spice/html5proxy_host: (unset) -> 0.0.0.0",
      "change spice/html5proxy_port: (unset) -> 6082",
      `change service/${PROXY}: (not installed) -> enabled, active`,
    ];
    const facts = [`package ${PROXY} 1:13.1.4-1.el7`, "package spice-html5 0.1.7-1.el7", "firewall unmanaged"];
    expect([status, stdout]).toEqual([0, lines(...reported, "nova 13.1.4", ...facts, "changed 8")]);
    expect(await node.read(`cat ${FILE}`)).toBe(
      lines(
        "# Written by openstack-spice, removed when the role is reverted.",
        "[epel]",
        "name=EPEL 7",
        "baseurl=file:///srv/epel",
        "enabled=1",
        "gpgcheck=1",
        `gpgkey=file://${KEY_FILE}`,
        "includepkgs=spice-html5",
      ),
    );
    expect(await node.read(`cat ${KEY_FILE}`)).toBe(key);
    expect(await node.read("rpm -q spice-html5 --qf '%{SIGPGP:pgpsig}%{RSAHEADER:pgpsig}'")).toContain(
      (short.split("-")[0] ?? "").toLowerCase(),
    );
    const converged = await snapshot(node);
    const again = await converge(node, wanted, { user: "ops" });
    expect([again.status, again.stdout, again.stderr]).toEqual([0, lines("nova 13.1.4", ...facts, "changed 0"), ""]);
    expect(await snapshot(node)).toEqual(converged);

    const back = await revert(node, "controller", { user: "ops" });
    expect([back.status, back.stdout, back.stderr]).toEqual([
      0,
      lines(
        `change service/${PROXY}: enabled, active -> disabled, inactive`,
        "change spice/html5proxy_port: 6082 -> (unset)",
        "change spice/html5proxy_host: 0.0.0.0 -> (unset)",
        `change file${FILE}: written -> (none)`,
        `change rpm-key/${short}: imported -> (none)`,
        `change file${KEY_FILE}: written -> (none)`,
        `change package/${PROXY}: installed -> (not installed)`,
        "change package/spice-html5: installed -> (not installed)",
        "nova 13.1.4",
        "firewall unmanaged",
        "changed 8",
      ),
      `openstack-spice: ${NAME}: removing ${PROXY} spice-html5\n`,
    ]);
    const after = await snapshot(node);
    expect(changedPaths(before, after)).toEqual({});
    expect([after.packages, after.units, after.own]).toEqual([before.packages, before.units, []]);
    expect(await node.answers(6080, "/vnc_auto.html")).toBe(200);
  });

  it("whose packages are signed by another key gives nothing, and the node is as it was", async () => {
    const { status, stderr } = await converge(node, document({ packageRepository: repository({ gpgKey: other }) }));
    expect(status).toBe(1);
    expect(stderr).toMatch(/GPG check FAILED[^]*yum could not install/);
    const after = await snapshot(node);
    expect({ ...after, etc: {} }).toEqual({ ...before, etc: {} });
    expect(changedPaths(before, after)).toEqual({});
  });

  it("that is declared no longer goes with the next run, and the packages stay", async () => {
    await converge(node, document({ packageRepository: repository() }));
    const { status, stdout } = await converge(node, document());
    expect([status, stdout.split("\n").filter((line) => line.startsWith("change ")).length]).toEqual([0, 3]);
    expect(await keys()).toBe("");
    expect(await node.read(`ls ${FILE} ${KEY_FILE} 2>/dev/null || true; rpm -q spice-html5`)).toBe(
      "spice-html5-0.1.7-1.el7.noarch\n",
    );
  });

  it.each<[string, string, () => { readonly gpgKey?: string | undefined }, string]>([
    [
      "where a file of somebody's has its name",
      `printf '[epel]\\nname=ours\\nbaseurl=file:///srv/epel\\n' >${FILE}`,
      () => ({}),
      `${FILE} is there already, and is not as declared. It is somebody's: leave packageRepository out where it does what you need, give yours another id, or move the file away`,
    ],
    [
      "where another file has a repository of its id",
      `printf '[epel]\\nname=ours\\nbaseurl=file:///srv/epel\\n' >/etc/yum.repos.d/site.repo`,
      () => ({}),
      "/etc/yum.repos.d/site.repo has a repository 'epel' already. Leave packageRepository out, or give it another id",
    ],
    [
      "where its key is nowhere",
      "true",
      () => ({ gpgKey: undefined }),
      `${KEY_FILE}, the key of the repository 'epel', is not on this node. Give its text as gpgKey, or put it there`,
    ],
    [
      "with a key that is none",
      "true",
      () => ({ gpgKey: "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabcd\n-----END PGP PUBLIC KEY BLOCK-----\n" }),
      "rpm does not take the key of the repository 'epel'. Give the text of its public key as gpgKey",
    ],
  ])("is refused and the node left untouched %s", async (_, spoil, more, message) => {
    await node.read(spoil);
    const untouched = await snapshot(node);
    const { status, stdout, stderr } = await converge(
      node,
      document({ packageRepository: { ...repository(), ...more() } }),
    );
    expect(stderr).toBe(`openstack-spice: error: ${NAME}: ${message}\n`);
    expect([status, stdout]).toEqual([3, ""]);
    expect(await snapshot(node)).toEqual(untouched);
  });

  it("(row 8 of the recipe) has the rule of iptables before all others where the recipe's behaviour is asked for", async () => {
    await node.read(
      "iptables -A INPUT -i lo -j ACCEPT; iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -P INPUT DROP",
    );
    await converge(
      node,
      document({
        ...{ packageRepository: repository(), allowedSources: ["0.0.0.0/0"] },
        recipe: [RecipeSwitch.FirewallRuleFirst],
      }),
    );
    expect((await node.read("iptables -S INPUT")).split("\n")[1]).toBe(
      '-A INPUT -p tcp -m multiport --dports 6082 -m comment --comment "Allow SPICE connections for console access " -j ACCEPT',
    );
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import type { LabNode } from "../support/lab";
import { nodeForTests } from "../support/nodeForTests";
import { controllerDocument } from "./support/documents";
import { testProgram } from "./support/injection";
import { converge, runVerb } from "./support/program";
import { snapshot } from "./support/snapshot";

/** RPMs on a node like RHEL 9, where no repository has a web client: what is installed, and what is refused. */

const NAME = "h-rpm";
const document = controllerDocument(NAME);
const PROXY = "openstack-nova-spicehtml5proxy";
const WANTED = `${PROXY}-1:27.2.0-1.el9.noarch`;
const CLIENT = "spice-html5";

const COPR_ON = "sed -i s/enabled=0/enabled=1/ /etc/yum.repos.d/copr.repo";

/** Makes a repository out of tiny packages: `make NAME VERSION [TAG]`, then `publish`. */
const SITE_REPOSITORY = `set -e
make() {
  printf 'Name: %s\\nVersion: %s\\nRelease: 1\\nSummary: test\\nLicense: MIT\\nBuildArch: noarch\\n%s\\n%%description\\ntest\\n%%files\\n' "$1" "$2" "$3" >/tmp/site.spec
  rpmbuild -bb --quiet --define '_rpmdir /srv/site' /tmp/site.spec 2>/dev/null
}
publish() {
  createrepo_c -q /srv/site
  printf '[site]\\nname=site\\nbaseurl=file:///srv/site\\ngpgcheck=0\\n' >/etc/yum.repos.d/site.repo
}
`;

/** What is installed, a line each. */
async function packagesOf(node: LabNode): Promise<readonly string[]> {
  return (await node.read("rpm -qa | sort")).trimEnd().split("\n");
}

describe("a node whose repositories have no web client", () => {
  const node = nodeForTests(NAME, "el9-like");
  beforeEach(async () => {
    await node.reset();
  });
  const reported = (...messages: readonly string[]) =>
    messages
      .map((message) => `openstack-spice: ${message.startsWith("error: ") ? "" : `${NAME}: `}${message}\n`)
      .join("");
  const refreshing = (wanted: string) => `dnf does not know ${wanted}; refreshing its lists`;
  const both = `${WANTED} ${CLIENT}`;

  it.each([
    [
      "where nobody has the web client, with the two ways out",
      "true",
      [
        refreshing(both),
        `error: ${NAME}: there is no SPICE web client on this node, and RHEL 9 and its likes have no package of it (Error: Unable to find a match: spice-html5). Two ways out: a repository that has spice-html5 (packageRepository), or another source of the client (webClient: an archive with its checksum, or another package)`,
      ],
    ],
    [
      "where the repository has only the proxy of a later Nova",
      `${COPR_ON}; cp -r /srv/rdo /srv/later; rm -r /srv/later/repodata /srv/later/${PROXY}-27.2.0-1.el9.noarch.rpm
       createrepo_c -q /srv/later; sed -i s:/srv/rdo:/srv/later: /etc/yum.repos.d/rdo.repo`,
      [
        refreshing(both),
        `error: ${NAME}: package ${both} cannot be had: Error: Unable to find a match: ${WANTED}. Add the repository that Nova 27.2.0 came from, or install the package by hand`,
      ],
    ],
    [
      "where it would upgrade another one",
      `${SITE_REPOSITORY}
       make site-base 1.0; rpm -i /srv/site/noarch/site-base-1.0-1.noarch.rpm
       make site-base 2.0; make ${CLIENT} 9.0 'Requires: site-base >= 2.0'; publish`,
      [
        `error: ${NAME}: installing ${both} would touch other packages: site-base (upgraded). Upgrade Nova on this node first, in a maintenance window, or install the package by hand`,
      ],
    ],
    [
      "where it would take the place of another one",
      `${SITE_REPOSITORY}
       make site-base 1.0; rpm -i /srv/site/noarch/site-base-1.0-1.noarch.rpm
       make ${CLIENT} 9.0 'Obsoletes: site-base'; publish`,
      [
        `error: ${NAME}: installing ${both} would touch other packages: site-base (replaced). Upgrade Nova on this node first, in a maintenance window, or install the package by hand`,
      ],
    ],
    [
      "where it would remove what conflicts with it",
      `${SITE_REPOSITORY}
       make site-base 1.0; rpm -i /srv/site/noarch/site-base-1.0-1.noarch.rpm
       make ${CLIENT} 9.0 'Conflicts: site-base'; publish`,
      [
        refreshing(both),
        `error: ${NAME}: package ${both} cannot be had: Problem: problem with installed package site-base-1.0-1.noarch; package spice-html5-9.0-1.noarch conflicts with site-base provided by site-base-1.0-1.noarch; conflicting requests. Add the repository that Nova 27.2.0 came from, or install the package by hand`,
      ],
    ],
  ])("is refused and left untouched %s", async (_, spoil, messages) => {
    await node.read(spoil);
    const before = await snapshot(node);
    const { status, stdout, stderr } = await converge(node, document);
    expect(stderr).toBe(reported(...messages));
    expect([status, stdout]).toEqual([3, ""]);
    expect(await snapshot(node)).toEqual(before);
  });

  it("is refused and left untouched while another dnf is at work for too long", async () => {
    await node.read(`${COPR_ON}; systemd-run -q --unit=other sleep 60
      systemctl show -P MainPID other >/var/cache/dnf/metadata_lock.pid`);
    const pid = (await node.read("cat /var/cache/dnf/metadata_lock.pid")).trim();
    const before = await snapshot(node);
    const impatient = testProgram({ limits: { dnfLockWait: 0 } });
    const { status, stdout, stderr } = await converge(node, document, { program: impatient });
    expect(stderr).toBe(
      reported(
        `error: ${NAME}: dnf is at work on this node already: metadata already locked by ${pid}. Let it end, then run again`,
      ),
    );
    expect([status, stdout]).toEqual([3, ""]);
    expect(await snapshot(node)).toEqual(before);
  });

  it("waits for another dnf, and then gets the two packages and no other", async () => {
    await node.read(`${COPR_ON}; systemd-run -q --unit=other sleep 4
      systemctl show -P MainPID other >/var/cache/dnf/metadata_lock.pid`);
    const before = await packagesOf(node);
    const { status, stdout } = await converge(node, document);
    expect([status, stdout.split("\n").slice(0, 2)]).toEqual([
      0,
      [
        `change package/${PROXY}: (not installed) -> 1:27.2.0-1.el9`,
        `change package/${CLIENT}: (not installed) -> 0.3.0-1.el9`,
      ],
    ]);
    expect(await packagesOf(node)).toEqual(
      [...before, `${PROXY}-27.2.0-1.el9.noarch`, `${CLIENT}-0.3.0-1.el9.noarch`].sort(),
    );
    expect(await node.read(`systemctl show -P NRestarts ${PROXY}; ls /run/systemd/system`)).toBe("0\n");
  });

  it("takes a web client that was put there by hand, and says in `check` what it would do, of which nothing happens", async () => {
    await node.read("cp -r /usr/src/clients/usr/share/spice-html5 /usr/share/");
    const before = await snapshot(node);
    expect((await runVerb(node, "check", document)).stdout.split("\n")[0]).toBe(
      `change package/${PROXY}: (not installed) -> 1:27.2.0-1.el9`,
    );
    expect(await snapshot(node)).toEqual(before);
    const { status, stdout } = await converge(node, document);
    expect([status, stdout.split("\n").filter((line) => line.includes("package"))]).toEqual([
      0,
      [`change package/${PROXY}: (not installed) -> 1:27.2.0-1.el9`, `package ${PROXY} 1:27.2.0-1.el9`],
    ]);
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
  });
});

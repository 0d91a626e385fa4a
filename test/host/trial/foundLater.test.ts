import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeForTests } from "../../support/nodeForTests";
import { controllerDocument } from "../support/documents";
import { converge, revert, runVerb } from "../support/program";
import { type Snapshot, snapshot } from "../support/snapshot";

/** What people who had not seen the program found on real nodes after the trial, of the same kinds; each test leaves the node as it was. */

const NAME = "t-later";
const STATE = "/var/lib/openstack-spice";
const ROLE = `${STATE}/roles/controller`;
const CONF = "/etc/nova/nova.conf";
const DROP_INS = "/etc/systemd/system/nova-spicehtml5proxy.service.d";
const document = controllerDocument(NAME);

describe("a controller", () => {
  const node = nodeForTests(NAME, "proxy");
  let before: Snapshot;
  beforeAll(async () => {
    before = await snapshot(node);
  });
  const where = async (spoil: string, mend: string, test: () => Promise<void>) => {
    await node.where(`set -e; ${spoil}`, mend, test);
  };
  const goesBack = async (login: { readonly user?: string } = {}) => {
    expect((await revert(node, "controller", login)).status).toBe(0);
    expect(await snapshot(node)).toEqual(before);
  };

  it("is reverted by a login that may not list /var/lib", async () => {
    expect((await converge(node, document, { user: "ops" })).status).toBe(0);
    await where("chmod 711 /var/lib", "chmod 755 /var/lib", async () => {
      expect((await revert(node, "controller", { user: "ops" })).status).toBe(0);
    });
    expect(await snapshot(node)).toEqual(before);
  });

  describe("that is converged", () => {
    beforeAll(async () => {
      expect((await converge(node, document)).status).toBe(0);
    });
    afterAll(async () => {
      await goesBack();
    });

    it.each([
      ["/var/lib is another disk", "mount -t tmpfs none /var/lib", "umount /var/lib"],
      ["its state folder is not mounted", `mv ${STATE} /srv/state`, `mv /srv/state ${STATE}`],
      ["its record is lost", `mv ${ROLE}/record /srv/`, `mv /srv/record ${ROLE}/`],
      [
        "its record and program are lost",
        `mv ${ROLE}/record ${ROLE}/program /srv/`,
        `mv /srv/record /srv/program ${ROLE}/`,
      ],
    ])("is not forgotten where %s", async (_, spoil, mend) => {
      await where(spoil, mend, async () => {
        const { status, stdout } = await revert(node, "controller");
        expect([status === 0, stdout]).toEqual([false, ""]);
      });
    });
  });

  it("is refused before the first write where /usr/local is read-only", async () => {
    const readOnly = "mount --bind /usr/local /usr/local; mount -o remount,ro,bind /usr/local";
    await where(readOnly, "umount /usr/local", async () => {
      const { status, stdout, stderr } = await converge(node, document);
      expect([status, stdout]).toEqual([3, ""]);
      expect(stderr).toContain(
        "/usr/local/sbin/openstack-spice cannot be written (a read-only file system?). Make it writable",
      );
      expect(await snapshot(node)).toEqual(before);
    });
  });

  it("keeps an empty folder of drop-ins that was there", async () => {
    await where(`install -d -m 750 -g adm ${DROP_INS}`, `rmdir ${DROP_INS}`, async () => {
      const now = await snapshot(node);
      expect((await converge(node, document)).status).toBe(0);
      expect((await revert(node, "controller")).status).toBe(0);
      expect(await snapshot(node)).toEqual(now);
      expect(await node.read(`stat -c '%a %G' ${DROP_INS}`)).toBe("750 adm\n");
    });
  });

  it("shows no secret that stands below an option by mistake, in a plan, a change, the log or the journal", async () => {
    const lines = "[spice]\\nhtml5proxy_port = 6081\\n  admin_password = TOPSECRET2\\n  token TOPSECRET4\\n";
    await where(
      `cp -a ${CONF} /root/nova.conf; printf '${lines}' >>${CONF}`,
      `cat /root/nova.conf >${CONF}`,
      async () => {
        const outcomes = [await runVerb(node, "check", document), await converge(node, document)];
        outcomes.push(await revert(node, "controller"));
        const logged = await node.read("cat /var/log/openstack-spice.log; journalctl --no-pager -t openstack-spice");
        expect(outcomes.map(({ status }) => status)).toEqual([0, 0, 0]);
        expect(outcomes.map(({ stdout, stderr }) => stdout + stderr).join("") + logged).not.toContain("TOPSECRET");
        expect(logged).toContain("spice/html5proxy_port: 6081 admin_password = *** *** -> 6082");
      },
    );
  });

  it("without Nova's packages and its nova.conf goes back to what is left of it", async () => {
    expect((await converge(node, document)).status).toBe(0);
    await where(`mv ${CONF} /srv/`, `mv /srv/nova.conf ${CONF}`, async () => {
      const { status, stderr } = await revert(node, "controller");
      expect(status).toBe(1);
      expect(stderr).toContain(
        `${CONF} is not there, and Nova is installed: what was changed in it cannot be put back. Put it back`,
      );
    });
    await node.read("DEBIAN_FRONTEND=noninteractive apt-get -qq -y purge nova-consoleproxy nova-common 2>&1");
    const { status, stderr } = await revert(node, "controller");
    expect(status).toBe(0);
    expect(stderr).toContain(`${CONF} is gone, and so are Nova's packages: nothing to put back in it`);
    expect(await node.read(`ls -d ${STATE} /usr/local/sbin/openstack-spice 2>/dev/null || :`)).toBe("");
  });
});

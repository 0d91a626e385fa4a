import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { nodeForTests } from "../support/nodeForTests";
import { controllerDocument, retirementDocument } from "./support/documents";
import { testProgram } from "./support/injection";
import { controllerReport, converge, lines, revert, runVerb } from "./support/program";
import { snapshot } from "./support/snapshot";

/** Somebody's change that waits for a restart of the proxy, which ours would bring into force: refused. Our own changes are not somebody's. */

const NAME = "g-pending";
const UNIT = "nova-spicehtml5proxy";
const CONF = "/etc/nova/nova.conf";
const document = controllerDocument(NAME);
/** What restarts the proxy. */
const changed = controllerDocument(NAME, { html5proxyPort: 6083 });

describe("a proxy that runs, and is to be restarted,", () => {
  const node = nodeForTests(NAME, "proxy");
  let since: string;

  beforeAll(async () => {
    expect((await converge(node, document)).status).toBe(0);
    await node.read("cp -a /etc/nova /etc/default/nova-consoleproxy /root/");
  });
  /** Puts the files back, restarts the proxy, and waits until what is changed from here on is newer, by the clock's whole seconds. */
  beforeEach(async () => {
    await node.read(
      `cat /root/nova/nova.conf >${CONF}; cat /root/nova-consoleproxy >/etc/default/nova-consoleproxy; systemctl restart ${UNIT}`,
    );
    const started = `date -u -d "$(TZ=UTC systemctl show -P ExecMainStartTimestamp ${UNIT})" +%s`;
    since = await time(started);
    await node.read(`until [ $(date +%s) -gt $(${started}) ]; do sleep 0.1; done`);
  });

  /** A time on the node, as messages show it. @param command prints it in seconds */
  async function time(command: string): Promise<string> {
    return (await node.read(`date -u -d "@$(${command})" '+%F %T UTC'`)).trim();
  }
  const timeOf = async (file: string) => await time(`stat -L -c %Z ${file}`);

  /** Checks that the restart is refused for these news, and that nothing is touched. */
  async function refuses(news: string, consequence: string): Promise<void> {
    const before = await snapshot(node);
    expect(await converge(node, changed)).toEqual({
      status: 3,
      stdout: "",
      stderr: lines(
        `openstack-spice: error: ${NAME}: ${UNIT} runs since ${since}, and ${news}. Its restart here would ${consequence}. ` +
          `'systemctl restart ${UNIT}' when that suits you, then run again; or set acceptPendingChanges for this node`,
      ),
    });
    expect(await snapshot(node)).toEqual(before);
  }

  /** Checks that the document would be converged to by a change of the port, and nothing is said. */
  async function passes(wanted = changed): Promise<void> {
    const { status, stdout, stderr } = await runVerb(node, "check", wanted);
    expect([status, stdout.startsWith("change spice/html5proxy_port: "), stderr]).toEqual([0, true, ""]);
  }

  it("while someone changed what it reads since: refused with each file, unless that is accepted, or nothing restarted", async () => {
    await node.read(`echo '# not mine' >>${CONF}; echo '# nor this' >>/etc/default/nova-consoleproxy`);
    const files = ["/etc/default/nova-consoleproxy", CONF];
    const news = await Promise.all(files.map(async (file) => `${file} (${await timeOf(file)})`));
    await refuses(`someone changed what it reads since: ${news.join(", ")}`, "bring that into force");
    await passes(controllerDocument(NAME, { html5proxyPort: 6083, acceptPendingChanges: true }));
    expect(await runVerb(node, "check", document)).toMatchObject({
      status: 0,
      stdout: controllerReport([]),
      stderr: "",
    });
    await node.read(`systemctl restart ${UNIT}`);
    await passes();
  });

  it("while a file was put in place with its former time", async () => {
    await node.read(
      `(cat ${CONF}; echo '# older') >/root/edited; touch -r ${CONF} /root/edited; cp -p /root/edited ${CONF}`,
    );
    await refuses(`someone changed what it reads since: ${CONF} (${await timeOf(CONF)})`, "bring that into force");
  });

  it("while its Nova was installed anew", async () => {
    await node.read(
      "apt-get -qq update; DEBIAN_FRONTEND=noninteractive apt-get -y -qq install --reinstall nova-common 2>&1",
    );
    const unpacked = await time("stat -c %Y /var/lib/dpkg/info/nova-common.list");
    await refuses(
      `what it runs on is newer: package nova-common 2:26.2.2-1~deb12u5 (${unpacked})`,
      "start another Nova than the one that runs",
    );
  });

  it.each([
    [
      "what someone changed is read by other services",
      "echo '#' >>/etc/nova/api-paste.ini; touch /etc/nova/nova-compute.conf",
      changed,
    ],
    ["only a file's time is new, and its content ours", `touch ${CONF}`, changed],
    [
      "someone changed what we change back",
      `sed 's/^html5proxy_port.*/html5proxy_port = 7000/' ${CONF} >/root/edited; cat /root/edited >${CONF}`,
      document,
    ],
  ])("is not refused where %s", async (_, change, wanted) => {
    await node.read(change);
    await passes(wanted);
  });

  it("is not refused after our own other role changed what it reads", async () => {
    await node.untilServes(6082, "/spice_auto.html");
    expect((await converge(node, retirementDocument(NAME))).status).toBe(0);
    await passes();
    expect((await revert(node, "vnc-proxy-retirement")).status).toBe(0);
    await passes();
  });

  it("is not refused after a run that was cut off between its change and the restart", async () => {
    const program = testProgram({ at: [{ point: "replace-file", when: "after", then: "kill" }] });
    expect((await converge(node, changed, { program })).status).toBe(1);
    const { status, stdout, stderr } = await converge(node, changed);
    expect([status, stdout.includes(`\nrestarted ${UNIT}\n`), stderr.includes("someone")]).toEqual([0, true, false]);
  });
});

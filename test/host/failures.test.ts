import { beforeEach, describe, expect, it } from "vitest";
import type { Outcome } from "../support/lab";
import { nodeForTests } from "../support/nodeForTests";
import { controllerDocument } from "./support/documents";
import { testProgram } from "./support/injection";
import { type RunOptions, converge, lines } from "./support/program";
import { type Snapshot, snapshot } from "./support/snapshot";

/** What goes wrong after the checks: the former state is put back, and the cause is shown. */

const NAME = "h-failures";
const OVERRIDES = "/etc/systemd/system/nova-spicehtml5proxy.service.d";
const say = (text: string) => `openstack-spice: ${NAME}: ${text}\n`;

const forth = [
  "spice/html5proxy_host: (unset) -> 0.0.0.0",
  "spice/html5proxy_port: (unset) -> 6082",
  `file${OVERRIDES}/openstack-spice.conf: (none) -> written`,
  "service/nova-spicehtml5proxy: disabled, inactive -> enabled, active",
]
  .map((change) => `change ${change}\n`)
  .join("");
const back = [
  "putting back the former state",
  "service/nova-spicehtml5proxy: enabled, active -> disabled, inactive",
  `file${OVERRIDES}/openstack-spice.conf: written -> (none)`,
  "spice/html5proxy_port: 6082 -> (unset)",
  "spice/html5proxy_host: 0.0.0.0 -> (unset)",
  "the node is as it was",
].map(say);
const mend = "The former state is put back; mend the cause that its last words name, and run again";

describe("a controller on which something goes wrong is as it was before:", () => {
  const node = nodeForTests(NAME, "proxy");

  /** Converges, and checks that it fails and that the node is as before. */
  async function fails(options: RunOptions = {}, document = controllerDocument(NAME)): Promise<Outcome> {
    const before = await snapshot(node);
    const outcome = await converge(node, document, options);
    expect([outcome.status, outcome.stdout]).toEqual([1, forth]);
    expect(await snapshot(node)).toEqual(before);
    return outcome;
  }

  /** The same, and checks what is said: these last words of the service, then the message. */
  async function failsWith(lastWords: string, message: string): Promise<void> {
    const { stderr } = await fails();
    const [head, words, tail] = cut(stderr, say("last words of nova-spicehtml5proxy:"), "openstack-spice: error:");
    expect(head).toBe("");
    expect(words).toContain(lastWords);
    expect(tail).toBe(` ${NAME}: ${message}. ${mend}\n${back.join("")}`);
  }

  describe("not converged before", () => {
    beforeEach(async () => {
      await node.reset();
    });

    it("the service does not start: its last words are shown", async () => {
      await override("ExecStartPre=/bin/false");
      await failsWith(
        "nova-spicehtml5proxy.service: Control process exited, code=exited, status=1/FAILURE\n",
        "nova-spicehtml5proxy does not come up after start",
      );
    });

    it("another program takes the port first", async () => {
      await override(
        "ExecStartPre=-+/usr/bin/systemd-run -q --unit=thief /usr/bin/python3 -m http.server 6082",
        "ExecStartPre=/bin/sh -c 'until ss -Hltn | grep -q :6082; do sleep 0.1; done'",
      );
      await failsWith(
        "OSError: [Errno 98] Address already in use\n",
        "nova-spicehtml5proxy stopped, and does not listen on TCP 6082",
      );
    });

    it("the proxy serves, but the console page's script is missing", async () => {
      await node.read("mv /usr/share/spice-html5/main.js /root/");
      const { stderr } = await fails();
      const [head, , tail] = cut(stderr, say("last words of nova-spicehtml5proxy:"), "openstack-spice: error:");
      expect(head).toBe(`openstack-spice: http://127.0.0.1:6082/main.js: HTTP Error 404: File not found\n`);
      expect(tail).toBe(` ${NAME}: nova-spicehtml5proxy does not serve the console page. ${mend}\n${back.join("")}`);
    });

    it.each([
      [
        "an OS_ variable of the service",
        `mkdir -p ${OVERRIDES} && printf '[Service]\\nEnvironment=OS_SPICE__HTML5PROXY_HOST=127.0.0.1\\n' >${OVERRIDES}/site.conf && systemctl daemon-reload`,
        "OS_SPICE__HTML5PROXY_HOST",
      ],
      [
        "a configuration folder that the service is started with",
        `mkdir /etc/nova/site && printf '[spice]\\nhtml5proxy_host = 127.0.0.1\\n' >/etc/nova/site/console.conf &&
         echo 'DAEMON_ARGS="$DAEMON_ARGS --config-dir=/etc/nova/site"' >/etc/default/nova-spicehtml5proxy && chmod -R a+rX /etc/nova/site`,
        "/etc/nova/site/console.conf",
      ],
    ])("%s wins over nova.conf, which the check before did not see", async (_, command, source) => {
      await node.read(command);
      const { stderr } = await fails({ program: testProgram({ without: ["layers"] }) });
      expect(stderr).toBe(
        [
          `openstack-spice: nova-spicehtml5proxy reads [spice] html5proxy_host = 127.0.0.1 from ${source}\n`,
          `openstack-spice: error: ${NAME}: another configuration file or an OS_ variable of nova-spicehtml5proxy wins over /etc/nova/nova.conf (named above). Take the option out of it\n`,
          ...back,
        ].join(""),
      );
    });

    it("the disk fills up in the middle of the transaction", async () => {
      await node.read("mkdir -p /var/lib/openstack-spice && mount -t tmpfs -o size=24m tmpfs /var/lib/openstack-spice");
      const full = "cat /dev/zero >/var/lib/openstack-spice/full 2>/dev/null || :";
      const program = testProgram({ at: [{ point: "journal", when: "before", count: 3, run: full }] });
      const before = await snapshot(node);
      const outcome = await converge(node, controllerDocument(NAME), { program });
      expect([outcome.status, outcome.stdout]).toEqual([1, forth]);
      expect(outcome.stderr).toBe(
        `openstack-spice: error: ${NAME}: /var/lib/openstack-spice/roles/controller/record cannot be written. Make room under /var/lib/openstack-spice, and run again\n` +
          back.join(""),
      );
      // Row D6 of the trial: a file that is not its own the program in Python leaves where it is.
      await node.read("rm -f /var/lib/openstack-spice/full");
      expect(await snapshot(node)).toEqual(before);
    });

    it("nova.conf was edited by somebody else during the run: that edit stays", async () => {
      const edit = "echo '# a colleague was here' >>/etc/nova/nova.conf";
      const former = await snapshot(node);
      const program = testProgram({ at: [{ point: "change", when: "after", run: edit }] });
      const { status, stdout, stderr } = await converge(node, controllerDocument(NAME), { program });
      expect([status, stdout, stderr]).toEqual([
        1,
        forth.slice(0, forth.indexOf("change service")),
        [
          `openstack-spice: error: ${NAME}: /etc/nova/nova.conf was edited by someone else during this run. Run again\n`,
          back[0],
          back[2],
          back[5],
        ].join(""),
      ]);
      expect(await node.read("tail -n 1 /etc/nova/nova.conf")).toBe("# a colleague was here\n");
      await node.read("sed -i '$d' /etc/nova/nova.conf");
      expect(await snapshot(node)).toEqual(former);
    });
  });

  it("converged before: a change that the service cannot live with leaves the consoles that were there", async () => {
    await node.reset();
    expect((await converge(node, controllerDocument(NAME))).status).toBe(0);
    const before = await snapshot(node);
    const document = controllerDocument(NAME, { html5proxyHost: "192.0.2.1", allowedOrigins: ["a.example.org"] });
    const { status, stdout, stderr } = await converge(node, document);
    expect([status, stdout]).toEqual([
      1,
      lines(
        "change console/allowed_origins: (unset) -> a.example.org",
        "change spice/html5proxy_host: 0.0.0.0 -> 192.0.2.1",
        "restarted nova-spicehtml5proxy",
      ),
    ]);
    const [head, words = "", tail] = cut(stderr, say("last words of nova-spicehtml5proxy:"), "openstack-spice: error:");
    expect(head).toBe("");
    expect(words).toContain("Cannot assign requested address");
    expect(tail).toBe(
      ` ${NAME}: nova-spicehtml5proxy stopped, and does not listen on TCP 6082. ${mend}\n` +
        [
          "putting back the former state",
          "spice/html5proxy_host: 192.0.2.1 -> 0.0.0.0",
          "console/allowed_origins: a.example.org -> (unset)",
          "the node is as it was",
        ]
          .map(say)
          .join(""),
    );
    await node.untilServes(6082, "/spice_auto.html");
    const withoutProxy = ({ processes, ...rest }: Snapshot) => ({
      ...rest,
      novnc: processes["nova-novncproxy.service"],
    });
    expect(withoutProxy(await snapshot(node))).toEqual(withoutProxy(before));
  });

  /** Writes lines into the unit's overrides, as an administrator does. */
  async function override(...service: readonly string[]): Promise<void> {
    await node.read(
      `mkdir -p ${OVERRIDES} && cat >${OVERRIDES}/site.conf && systemctl daemon-reload`,
      lines("[Service]", ...service),
    );
  }
});

/** A text in three parts, at the first of each of two marks. */
function cut(text: string, first: string, second: string): readonly (string | undefined)[] {
  const [head, rest = ""] = split(text, first);
  return [head, ...split(rest, second)];
}
function split(text: string, mark: string): readonly [string, string?] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
}

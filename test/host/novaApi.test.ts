import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually";
import { type LabNode } from "../support/lab";
import { bootQueuedCompute } from "./support/compute";
import { computeDocument } from "./support/documents";
import { type At, testProgram } from "./support/injection";
import { converge, lines, revert, runVerb } from "./support/program";
import { changedPaths, snapshot } from "./support/snapshot";

/**
 * A compute that asks Nova's API whether it is busy, by the credentials of its own nova.conf. nova-compute, Nova's API, its database and queue, and Keystone
 * are real.
 */

const NAME = "api-c";
const SERVER = "5b1ce000-0000-4000-8000-000000000001";
const say = (text: string) => lines(`openstack-spice: ${NAME}: ${text}`);
const error = (text: string) => lines(`openstack-spice: error: ${NAME}: ${text}`);
const asking = (novaApiCredentials: string) => computeDocument(NAME, { novaApiCredentials });
const document = asking("service_user");

/** The program up to the last check, and the same that does not wait for long. */
const afterTheChecks: At = { point: "check-plan", when: "after", then: "end" };
const passing = testProgram({ at: [afterTheChecks] });
const impatient = testProgram({ at: [afterTheChecks], limits: { busyWait: 2 } });
const passed = { status: 0, stdout: "passed\n", stderr: "" };

const section = (name: string, port: number, user: string, password: string) => `[${name}]
auth_type = password
auth_url = http://control-1:${port}/v3
username = ${user}
password = ${password}
project_name = service
user_domain_name = Default
project_domain_name = Default
`;
const OPENSTACK = `export OS_AUTH_URL=http://control-1:5000/v3 OS_IDENTITY_API_VERSION=3 OS_REGION_NAME=regionOne OS_USERNAME=nova OS_PASSWORD=lab-password
export OS_PROJECT_NAME=service OS_USER_DOMAIN_NAME=Default OS_PROJECT_DOMAIN_NAME=Default`;

describe("a compute with novaApiCredentials", () => {
  let node: LabNode;
  let controller: LabNode;
  const mysql = (statement: string) => controller.read(`mysql nova -e "${statement}"`);
  const openstack = (command: string) => controller.read(`${OPENSTACK}; openstack ${command}`);
  const taskOf = () => controller.read(`mysql nova -Ne "SELECT task_state FROM instances WHERE uuid = '${SERVER}'"`);
  /** Stops nova-compute, as one that has much to do, or lets it go on. */
  const signal = (name: "STOP" | "CONT") => node.read(`systemctl kill --kill-whom=main -s ${name} nova-compute`);

  /** Checks that the node waits for `work`, and is postponed with nothing touched. */
  async function isPostponedFor(work: string): Promise<void> {
    const untouched = await snapshot(node);
    expect(await converge(node, document, { program: impatient })).toEqual({
      status: 3,
      stdout: "",
      stderr:
        say(`busy: ${work}; waiting for that, at most 2 s, before nova-compute is restarted`) +
        error(
          `postponed: after 2 s the node is still busy: ${work}. Nothing was changed; the next 'pulumi up' goes on with this node`,
        ),
    });
    expect(await snapshot(node)).toEqual(untouched);
  }

  beforeAll(async () => {
    ({ compute: node, controller } = await bootQueuedCompute("api", "compute-ready", "nova-compute", "keystone"));
    await controller.read("systemctl restart keystone nova-api");
    await eventually("Nova's API answers to who Keystone knows", 60, async () => {
      return (await controller.run(`${OPENSTACK}; openstack flavor list`)).status === 0 || undefined;
    });
    // The server that the lab's cloud knows is of this compute, and another user is nobody in particular.
    await mysql(`UPDATE instances SET host = '${NAME}', node = '${NAME}'`);
    await openstack("user create --password weak weak -f value -c id");
    await openstack("role add --user weak --project service member");
    const sections = [
      section("service_user", 5000, "nova", "lab-password"),
      section("wrong_password", 5000, "nova", "secret-and-wrong"),
      section("other_user", 5000, "weak", "weak"),
      section("other_port", 5001, "nova", "lab-password"),
    ];
    await node.read("cat >>/etc/nova/nova.conf && systemctl restart nova-compute", sections.join(""));
  });
  afterAll(async () => {
    await Promise.all([node.remove(), controller.remove()]);
  });

  it("passes where Nova has nothing in mind for it", async () => {
    expect(await converge(node, document, { program: passing })).toEqual(passed);
  });

  it("is postponed for a server's task that has not reached it, and goes on once that is done", async () => {
    await signal("STOP");
    const work = `server ${SERVER} has the task powering-on, by Nova's API`;
    try {
      await openstack(`server start ${SERVER}`);
      await isPostponedFor(work);
      const { status, stderr } = await runVerb(node, "check", document);
      expect([status, stderr]).toEqual([0, say(`busy: ${work}. The restart of nova-compute would wait for that`)]);
      // The node alone sees nothing of it.
      expect(await converge(node, computeDocument(NAME), { program: passing })).toEqual(passed);
      const outcome = await converge(node, document, {
        program: passing,
        onOutput: (text) => {
          if (text.includes("busy")) {
            void signal("CONT");
          }
        },
      });
      expect(outcome).toEqual({
        status: 0,
        stdout: "passed\n",
        stderr: say(`busy: ${work}; waiting for that, at most 240 s, before nova-compute is restarted`),
      });
      expect(await taskOf()).toBe("NULL\n");
    } finally {
      await signal("CONT");
    }
  });

  it("is postponed for a migration to it that has not begun, and not once that has ended", async () => {
    await mysql(
      `INSERT INTO migrations (created_at, uuid, source_compute, dest_compute, status, instance_uuid, migration_type, hidden, deleted) VALUES (NOW(), UUID(), 'elsewhere', '${NAME}', 'queued', '${SERVER}', 'live-migration', 0, 0)`,
    );
    try {
      await isPostponedFor(`server ${SERVER} migrates from elsewhere to ${NAME} (queued), by Nova's API`);
      await mysql("UPDATE migrations SET status = 'completed'");
      expect(await converge(node, document, { program: passing })).toEqual(passed);
    } finally {
      await mysql("DELETE FROM migrations");
    }
  });

  it.each([
    ["wrong_password", /^The request you have made requires authentication\. \(HTTP 401\)$/],
    [
      "other_user",
      /^Policy doesn't allow os_compute_api:servers:detail:get_all_tenants to be performed\. \(HTTP 403\)$/,
    ],
    ["placement", /^Not Found \(HTTP 404\) \(Request-ID: [-\w]+\)$/],
    ["no_such", /^it has no auth_type$/],
  ])("refuses where the credentials of [%s] do not serve, and touches nothing", async (name, reason) => {
    const untouched = await snapshot(node);
    const { status, stdout, stderr } = await converge(node, asking(name), { program: passing });
    expect([status, stdout]).toEqual([3, ""]);
    const [before, reported = "", after] = stderr.split(/(?<=names: )|(?=\. Name a section)/);
    expect(before).toBe(
      `openstack-spice: error: ${NAME}: Nova's API cannot be asked with the credentials of [${name}], which novaApiCredentials names: `,
    );
    expect(reported).toMatch(reason);
    expect(after).toBe(
      ". Name a section whose user may list all servers and migrations, as with the role admin, or leave novaApiCredentials out\n",
    );
    expect(await snapshot(node)).toEqual(untouched);
  });

  it("is postponed where Keystone or the API does not answer", async () => {
    const { status, stderr } = await converge(node, asking("other_port"), { program: impatient });
    const unknown =
      "Nova's API does not report whether it is (Unable to establish connection to http://control-1:5001/v3/auth/tokens)";
    expect([status, stderr]).toEqual([
      3,
      say(`busy: ${unknown}; waiting for that, at most 2 s, before nova-compute is restarted`) +
        error(
          `postponed: after 2 s the node is still busy: ${unknown}. Nothing was changed; the next 'pulumi up' goes on with this node`,
        ),
    ]);
  });

  it("converges, asks nobody where nothing is to be restarted, and goes back", async () => {
    const before = await snapshot(node);
    expect((await converge(node, document)).status).toBe(0);
    await controller.read("systemctl stop nova-api");
    const again = await converge(node, document);
    expect([again.status, again.stdout, again.stderr]).toEqual([0, expect.stringContaining("changed 0\n"), ""]);
    expect((await revert(node, "compute")).status).toBe(0);
    expect(changedPaths(before, await snapshot(node))).toEqual({});
  });
});

/**
 * The few calls of Keystone and Neutron that security groups need, in memory, and where a real Neutron is.
 *
 * The answers are those of the real services as far as these tests look: statuses, error bodies, canonical prefixes.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { once } from "node:events";
import { isIPv4 } from "node:net";

type Row = Record<string, unknown> & { id: string };

/** A cloud with one user, `tester` with password `s3cret`, and one project, `lab`. */
export class FakeCloud {
  private readonly groups = new Map<string, Row>();
  private readonly rules = new Map<string, Row>();
  private nextId = 1;
  private server!: Server;

  /** `METHOD path` of every request so far. */
  readonly requests: string[] = [];
  /** Ids of groups that a port still uses: deleting one answers 409, once. */
  readonly inUse = new Set<string>();

  /** Starts listening on loopback. */
  async start(): Promise<void> {
    this.server = createServer((request, response) => {
      void readBody(request).then((body) => {
        this.requests.push(`${request.method ?? ""} ${request.url ?? ""}`);
        const [status, answer, headers] = this.answer(request, body);
        response.writeHead(status, { "Content-Type": "application/json", ...headers });
        response.end(answer === undefined ? "" : JSON.stringify(answer));
      });
    });
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
  }

  /** Stops it. */
  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Where it listens. */
  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  /** The variables that log in to it. */
  get environment(): Record<string, string> {
    return {
      OS_AUTH_URL: `${this.address}/v3`,
      OS_USERNAME: "tester",
      OS_PASSWORD: "s3cret",
      OS_PROJECT_NAME: "lab",
      OS_USER_DOMAIN_NAME: "Default",
      OS_PROJECT_DOMAIN_NAME: "Default",
      OS_REGION_NAME: "here",
    };
  }

  private answer(request: IncomingMessage, body: unknown): [number, unknown?, Record<string, string>?] {
    const [, first, collection, id] = (request.url ?? "").split("/");
    if (first === "v3") {
      return this.logIn(body);
    }
    if (request.headers["x-auth-token"] !== "token-of-tester") {
      return [401, { error: { message: "The request you have made requires authentication." } }];
    }
    const isGroup = collection === "security-groups";
    const rows = isGroup ? this.groups : this.rules;
    const key = isGroup ? "security_group" : "security_group_rule";
    if (request.method === "POST") {
      const row = (body as Record<string, Row>)[key] ?? { id: "" };
      return isGroup ? [201, { [key]: this.createGroup(row) }] : this.createRule(row);
    }
    const row = rows.get(id ?? "");
    if (!row) {
      return [404, neutronError(isGroup ? "SecurityGroupNotFound" : "SecurityGroupRuleNotFound", `${key} not found`)];
    }
    if (request.method === "DELETE") {
      if (this.inUse.delete(row.id)) {
        return [409, neutronError("SecurityGroupInUse", `Security Group ${row.id} in use.`)];
      }
      rows.delete(row.id);
      return [204];
    }
    if (request.method === "PUT") {
      Object.assign(row, (body as Record<string, object>)[key]);
    }
    return [200, { [key]: row }];
  }

  private logIn(body: unknown): [number, unknown?, Record<string, string>?] {
    const { auth } = body as {
      auth: {
        identity: { methods: string[]; password?: { user: { name: string; password: string } } };
        scope?: { project: { name?: string } };
      };
    };
    const { name, password } = auth.identity.password?.user ?? {};
    if (name !== "tester" || password !== "s3cret" || auth.scope?.project.name !== "lab") {
      return [401, { error: { message: "The request you have made requires authentication." } }];
    }
    const endpoint = (region: string, url: string) => ({
      interface: "public",
      region,
      region_id: region,
      url,
      id: url,
    });
    const endpoints = [endpoint("elsewhere", "http://127.0.0.1:1"), endpoint("here", this.address)];
    const token = {
      methods: ["password"],
      issued_at: "2026-01-01T00:00:00.000000Z",
      expires_at: "2099-01-01T00:00:00.000000Z",
      catalog: [{ type: "network", name: "neutron", id: "neutron", endpoints }],
    };
    return [201, { token }, { "X-Subject-Token": "token-of-tester" }];
  }

  private createGroup(given: Row): Row {
    const id = this.id();
    const rules = ["IPv4", "IPv6"].map((ethertype) => ({ id: this.id(), security_group_id: id, ethertype }));
    for (const rule of rules) {
      this.rules.set(rule.id, { ...rule, direction: "egress" });
    }
    const group = { description: "", tenant_id: "project", tags: [], ...given, id, security_group_rules: rules };
    this.groups.set(id, group);
    return group;
  }

  private createRule(given: Row): [number, unknown] {
    const prefix = given["remote_ip_prefix"];
    const rule: Row = {
      description: "",
      port_range_min: null,
      port_range_max: null,
      protocol: null,
      remote_group_id: null,
      remote_ip_prefix: null,
      tenant_id: "project",
      ...given,
      ...(typeof prefix === "string" && { remote_ip_prefix: canonical(prefix) }),
      id: this.id(),
    };
    const match = (row: Row) => JSON.stringify([...matched(row)].sort());
    const same = [...this.rules.values()].find((other) => match(other) === match(rule));
    if (same) {
      const message = `Security group rule already exists. Rule id is ${same.id}.`;
      return [409, neutronError("SecurityGroupRuleExists", message)];
    }
    this.rules.set(rule.id, rule);
    return [201, { security_group_rule: rule }];
  }

  private id(): string {
    return `00000000-0000-4000-8000-${String(this.nextId++).padStart(12, "0")}`;
  }
}

/** The variables that reach the lab's Neutron, which has no Keystone; undefined where it does not answer. */
export async function labNeutron(): Promise<Record<string, string> | undefined> {
  const endpoint = process.env["OPENSTACK_SPICE_NEUTRON"] ?? "http://198.18.0.11:9696";
  try {
    await fetch(endpoint, { signal: AbortSignal.timeout(2000) });
    return { OS_AUTH_TYPE: "none", OS_ENDPOINT: endpoint, OS_TOKEN: "admin" };
  } catch {
    return undefined;
  }
}

function* matched(rule: Row): Iterable<[string, unknown]> {
  for (const [name, value] of Object.entries(rule)) {
    if (!["id", "description", "tenant_id"].includes(name) && value !== null) {
      yield [name, value];
    }
  }
}

function canonical(prefix: string): string {
  const [address = "", bits] = prefix.toLowerCase().split("/");
  return `${address}/${bits ?? (isIPv4(address) ? "32" : "128")}`;
}

function neutronError(type: string, message: string): unknown {
  return { NeutronError: { type, message, detail: "" } };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  for await (const piece of request) {
    pieces.push(piece as Buffer);
  }
  const text = Buffer.concat(pieces).toString("utf8");
  return text === "" ? undefined : JSON.parse(text);
}

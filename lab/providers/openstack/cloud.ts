/**
 * A cloud's Neutron: how to log in, and requests with the error texts of gophercloud, which the official plugin uses.
 *
 * Configured by the provider's arguments, else by the OS_ variables of the OpenStack command line. Beyond what the
 * official plugin can, a cloud without Keystone is reached with OS_AUTH_TYPE=none (or admin_token) and OS_ENDPOINT, as
 * python-openstackclient does: the lab's cloud is one.
 */

/** Provider arguments and the OS_ variables that stand in for them. */
const SETTINGS = {
  applicationCredentialId: ["OS_APPLICATION_CREDENTIAL_ID"],
  applicationCredentialSecret: ["OS_APPLICATION_CREDENTIAL_SECRET"],
  authUrl: ["OS_AUTH_URL"],
  endpointType: ["OS_ENDPOINT_TYPE", "OS_INTERFACE"],
  password: ["OS_PASSWORD"],
  projectDomainName: ["OS_PROJECT_DOMAIN_NAME", "OS_DEFAULT_DOMAIN"],
  region: ["OS_REGION_NAME"],
  tenantId: ["OS_PROJECT_ID", "OS_TENANT_ID"],
  tenantName: ["OS_PROJECT_NAME", "OS_TENANT_NAME"],
  token: ["OS_TOKEN", "OS_AUTH_TOKEN"],
  userDomainName: ["OS_USER_DOMAIN_NAME", "OS_DEFAULT_DOMAIN"],
  userName: ["OS_USERNAME"],
} as const;

type Setting = keyof typeof SETTINGS;

/** Where Neutron is, and what to show it. */
interface Access {
  /** Base address of the API, with its version and no slash at the end. */
  readonly endpoint: string;
  readonly token: string | undefined;
}

interface CatalogEntry {
  readonly type: string;
  readonly endpoints: readonly { interface: string; region: string; url: string }[];
}

/** What Neutron answered to a request that failed. */
export class NeutronError extends Error {
  constructor(
    /** HTTP status. */
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Status codes that gophercloud expects of each method. */
const EXPECTED = { GET: [200], POST: [201, 202], PUT: [201, 202], DELETE: [202, 204] } as const;

/** One Neutron. Logs in at the first request. */
export class Cloud {
  private access: Promise<Access> | undefined;

  /** @param config The provider's arguments; those that are missing are taken from the environment. */
  constructor(private readonly config: Readonly<Record<string, unknown>>) {}

  /** The region that resources belong to; empty where none is set. */
  get region(): string {
    return this.setting("region") ?? "";
  }

  /**
   * Sends a request and answers with the body, undefined where there is none.
   *
   * @param path Below the API's version, such as `/security-groups`.
   * @throws NeutronError for a status that is not a success, with the answer's body in the text.
   */
  async request(method: keyof typeof EXPECTED, path: string, body?: unknown): Promise<unknown> {
    this.access ??= this.logIn();
    const { endpoint, token } = await this.access;
    const url = `${endpoint}${path}`;
    const response = await fetch(url, {
      method,
      headers: {
        Accept: "application/json",
        ...(token !== undefined && { "X-Auth-Token": token }),
        ...(body !== undefined && { "Content-Type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new NeutronError(
        response.status,
        `Expected HTTP response code [${EXPECTED[method].join(" ")}] when accessing [${method} ${url}], ` +
          `but got ${response.status} instead\n${text}`,
      );
    }
    return text === "" ? undefined : JSON.parse(text);
  }

  private setting(name: Setting): string | undefined {
    const given = this.config[name];
    const values = [given, ...SETTINGS[name].map((variable) => process.env[variable])];
    return values.find((value): value is string => typeof value === "string" && value !== "");
  }

  private async logIn(): Promise<Access> {
    const type = process.env["OS_AUTH_TYPE"];
    if (type === "none" || type === "admin_token") {
      const endpoint = process.env["OS_ENDPOINT"];
      if (endpoint === undefined || endpoint === "") {
        throw new Error(`OS_AUTH_TYPE is ${type}: Neutron's address must be in OS_ENDPOINT`);
      }
      return { endpoint: versioned(endpoint), token: this.setting("token") };
    }
    const authUrl = this.setting("authUrl");
    if (authUrl === undefined) {
      throw new Error("One of 'auth_url' or 'cloud' must be specified");
    }
    const response = await fetch(`${authUrl.replace(/\/+(v3\/?)?$/, "")}/v3/auth/tokens`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ auth: { identity: this.identity(), ...this.scope() } }),
    });
    if (!response.ok) {
      throw new Error(`Error creating OpenStack networking client: Authentication failed (${response.status})`);
    }
    const { token } = (await response.json()) as { token: { catalog?: readonly CatalogEntry[] } };
    const endpoint = this.endpointIn(token.catalog ?? []);
    return { endpoint: versioned(endpoint), token: response.headers.get("X-Subject-Token") ?? undefined };
  }

  private identity(): object {
    const [id, secret] = [this.setting("applicationCredentialId"), this.setting("applicationCredentialSecret")];
    if (id !== undefined && secret !== undefined) {
      return { methods: ["application_credential"], application_credential: { id, secret } };
    }
    const token = this.setting("token");
    if (token !== undefined) {
      return { methods: ["token"], token: { id: token } };
    }
    const domain = { name: this.setting("userDomainName") ?? "Default" };
    const user = { name: this.setting("userName"), password: this.setting("password"), domain };
    return { methods: ["password"], password: { user } };
  }

  private scope(): object {
    const [id, name] = [this.setting("tenantId"), this.setting("tenantName")];
    if (this.setting("applicationCredentialId") !== undefined || (id === undefined && name === undefined)) {
      return {};
    }
    const domain = { name: this.setting("projectDomainName") ?? "Default" };
    return { scope: { project: id === undefined ? { name, domain } : { id } } };
  }

  private endpointIn(catalog: readonly CatalogEntry[]): string {
    const wanted = (this.setting("endpointType") ?? "public").replace(/URL$/, "");
    const endpoint = catalog
      .filter(({ type }) => type === "network")
      .flatMap(({ endpoints }) => endpoints)
      .find((known) => known.interface === wanted && (this.region === "" || known.region === this.region));
    if (!endpoint) {
      throw new Error(
        "Error creating OpenStack networking client: No suitable endpoint could be found in the service catalog.",
      );
    }
    return endpoint.url;
  }
}

function versioned(endpoint: string): string {
  const address = endpoint.replace(/\/+$/, "");
  return address.endsWith("/v2.0") ? address : `${address}/v2.0`;
}

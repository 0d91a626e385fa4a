/** A whole cloud in one stack: two controllers behind a load balancer that terminates TLS, three computes, SPICE alongside VNC. */
import { Release, SpiceConsole, Vnc } from "openstack-spice";

const computes = ["compute-1", "compute-2", "compute-3"];

const spice = new SpiceConsole("cloud", {
  proxy: {
    baseUrl: "https://console.example.org/spice_auto.html",
    behindLoadBalancer: true,
    // The load balancer's addresses: it is the only one to connect to the proxies.
    allowedSources: ["198.51.100.4", "198.51.100.5"],
    allowedOrigins: ["dashboard.example.org"],
  },
  // No key here: the SSH agent is asked, and the state holds none.
  ssh: { user: "ops" },
  controllers: [
    { name: "control-1", connection: { host: "192.0.2.11" } },
    { name: "control-2", connection: { host: "192.0.2.12" } },
  ],
  computes: computes.map((name, index) => ({
    name,
    connection: { host: `192.0.2.${21 + index}` },
    serverProxyclientAddress: `198.51.100.${21 + index}`,
  })),
  release: Release.Zed,
  vnc: Vnc.Alongside,
  rollout: { canaries: ["compute-1"], batchSize: 10 },
});

export const proxyPageUrl = spice.proxyPageUrl;
export const nodes = spice.nodes;

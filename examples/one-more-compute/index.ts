/** One more compute in a stack that sets up the machine itself, and other things: the component alone, after what it needs. */
import * as pulumi from "@pulumi/pulumi";
import { ComputeNode, OnDestroy } from "openstack-spice";

const config = new pulumi.Config();

/** Stands for what your stack does before: network, packages, nova-compute. */
class Machine extends pulumi.ComponentResource {
  /** Known only when the machine is there; an argument may be an output. */
  readonly managementAddress: pulumi.Output<string>;

  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("example:index:Machine", name, {}, opts);
    this.managementAddress = pulumi.output(config.require("managementAddress"));
    this.registerOutputs();
  }
}

const machine = new Machine("compute-42");

const consoles = new ComputeNode(
  "compute-42",
  {
    connection: { host: config.require("host"), user: "ops" },
    html5proxyBaseUrl: "https://console.example.org:6082/spice_auto.html",
    serverProxyclientAddress: machine.managementAddress,
    // The machine goes with the stack: there is nothing to put back.
    onDestroy: OnDestroy.Keep,
  },
  { dependsOn: machine },
);

export const changes = consoles.report.apply(({ changes }) => changes);

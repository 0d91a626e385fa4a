import { beforeAll, describe, expect } from "vitest";
import { labNeutron } from "../providers/support/neutron";
import { VERSION, openstackConformance } from "../providers/support/openstackConformance";
import { findPlugin } from "../providers/support/plugin";
import { lab } from "../support/lab";

// The lab has no Keystone, and the official plugin cannot do without: there it is the stand-in's cases that need a real Neutron.
const isOfficial = findPlugin("openstack", VERSION).isOfficial;

describe.runIf(!isOfficial)("the openstack plugin on the lab's real Neutron", () => {
  let environment: Record<string, string> = {};

  beforeAll(async () => {
    await lab("up");
    const found = await labNeutron();
    expect(found).toBeDefined();
    environment = found ?? {};
  });
  openstackConformance(() => environment);
});

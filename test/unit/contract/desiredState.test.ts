import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderDesiredState, sourcesNamed, switchedOn } from "../../../contract/desiredState";
import type { DesiredState } from "../../../contract/desiredStateTypes";
import { Role, novaFragment } from "../../../nova";
import { printableText } from "../../support/osloConfig";
import { schemaErrors } from "../../support/schemas";
import { fullController, good } from "./documents";

/** An object with its members in another order, at every level. */
function reversed(value: unknown): unknown {
  return typeof value === "object" && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, member]) => [name, reversed(member)]),
      )
    : value;
}

describe("renderDesiredState", () => {
  it("is one JSON object, sorted, without white space", () => {
    const state: DesiredState = {
      role: "controller",
      owner: "acme/openstack-spice/lab",
      node: "control-1",
      id: "0a1b2c",
      firewall: { sources: sourcesNamed(["203.0.113.0/24", "192.0.2.7/32"]), dropOtherSources: true },
      toolsToIgnore: switchedOn(["puppet", "chef"]),
      "nova.conf": { spice: { html5proxy_port: "6082", html5proxy_host: "0.0.0.0" }, DEFAULT: { cert: '/a "b"\\c' } },
    };
    expect(renderDesiredState(state)).toBe(
      '{"firewall":{"dropOtherSources":true,"sources":{"192.0.2.7/32":{},"203.0.113.0/24":{}}},"id":"0a1b2c",' +
        '"node":"control-1","nova.conf":{"DEFAULT":{"cert":"/a \\"b\\"\\\\c"},' +
        '"spice":{"html5proxy_host":"0.0.0.0","html5proxy_port":"6082"}},"owner":"acme/openstack-spice/lab",' +
        '"role":"controller","toolsToIgnore":{"chef":true,"puppet":true}}',
    );
  });

  it.each(good.map((state, index) => [index, state] as const))(
    "is the same bytes in whatever order its members are made, number %i",
    (_, state) => {
      const text = renderDesiredState(state);
      expect(renderDesiredState(reversed(state) as DesiredState)).toBe(text);
      expect(JSON.parse(text)).toEqual(state);
      expect(text).toMatch(/^\{[ -~]*\}$/);
    },
  );

  it("has certificates as texts, on one line", () => {
    expect(renderDesiredState(fullController)).toContain(
      '"key":"-----BEGIN PRIVATE KEY-----\\nMIIB\\nAA==\\n-----END PRIVATE KEY-----\\n"',
    );
  });

  it("leaves out what is undefined, and has no character that is not printable ASCII", () => {
    const state = {
      ...fullController,
      node: "caf\u00e9\u007f\u{1f600}",
      formerOwner: undefined,
    } as unknown as DesiredState;
    const text = renderDesiredState(state);
    expect(text).toContain('"node":"caf\\u00e9\\u007f\\ud83d\\ude00"');
    expect(text).not.toContain("formerOwner");
    expect(JSON.parse(text)).toMatchObject({ node: "caf\u00e9\u007f\u{1f600}" });
  });

  it("is valid whatever printable text a value of nova.conf is", () => {
    fc.assert(
      fc.property(printableText, (certificate) => {
        const fragment = novaFragment(Role.Controller, {
          html5proxyHost: "::",
          html5proxyPort: 6082,
          tls: { certificate },
        });
        const { tls: _, ...controller } = fullController;
        const text = renderDesiredState({ ...controller, ...(fragment.value ?? { "nova.conf": {} }) });
        expect(text).toMatch(/^\{[ -~]*\}$/);
        expect(schemaErrors("desired-state", JSON.parse(text))).toEqual([]);
      }),
    );
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderDesiredState, sourcesNamed } from "../../../contract/desiredState";
import type { ControllerState } from "../../../contract/desiredStateTypes";
import { Release, Role, novaFragment, parseCidr, releases } from "../../../nova";
import { nodeFunction, nodeFunctions, runsHere } from "../../support/nodeFunctions";
import { printableText } from "../../support/osloConfig";
import { schemaErrors } from "../../support/schemas";
import { bad, badBeyondSchema, fullCompute, fullController, good } from "./documents";

/** How the program on a node reads the documents of this side. */

const common = { role: "controller", id: "0a1b2c", owner: "acme/openstack-spice/lab", node: "control-1" } as const;
const refusal = (problems: string) => ({
  status: 2,
  message: `the desired state cannot be used: ${problems}. It is made by openstack-spice: run both from one version of it, or report this`,
});
/** What the program says of a text; null: nothing. */
const saidOf = (text: string) => nodeFunction("document/read", { text });

/** The document of a controller with these values in it. */
function controller(certificate: string, sslCiphers: string | undefined): ControllerState {
  const fragment = novaFragment(Role.Controller, {
    html5proxyHost: "0.0.0.0",
    html5proxyPort: 6082,
    allowedOrigins: ["dashboard.example.org"],
    tls: { certificate, ...(sslCiphers === undefined ? {} : { ciphers: sslCiphers }) },
  }).value;
  if (fragment === undefined) {
    throw new Error("the settings have validation errors");
  }
  return { ...common, ...fragment };
}

describe.skipIf(!runsHere)("the program on the node (needs Python 3.6 here)", () => {
  it.each(good.map((document, index) => [index, document] as const))("reads what is good, number %i", (_, document) => {
    expect(saidOf(renderDesiredState(document))).toBe(null);
  });

  it.each([...bad, ...badBeyondSchema].map(([document, problems]) => [problems, document] as const))(
    "refuses what is bad, by its place, and shows no value: %s",
    (problems, document) => {
      expect(saidOf(JSON.stringify(document))).toEqual(refusal(problems));
    },
  );

  it("names five places, and how many more there are", () => {
    const unknown = Object.fromEntries(["a", "b", "c", "d", "e", "f", "g"].map((name) => [name, 1]));
    expect(saidOf(JSON.stringify({ ...fullCompute, ...unknown }))).toEqual(
      refusal("a is unknown; b is unknown; c is unknown; d is unknown; e is unknown; 2 more"),
    );
  });

  it.each([
    ["nothing", "", "at character 0"],
    ["half a document", renderDesiredState(fullCompute).slice(0, 60), "at character "],
    ["two documents", `${renderDesiredState(fullCompute)}{}`, "at character "],
    ["the lines of an earlier version", "compute = compute-1\nowner = a/b\n", "at character 0"],
    ["a list", "[]", ""],
    ["a text", '"x"', ""],
    ["a depth without end", "[".repeat(100_000), ""],
    ["bytes that are not ASCII", '{"role":"\u00e9"}', ""],
  ])("refuses %s", (_, text, at) => {
    const said = saidOf(text);
    expect(said?.status).toBe(2);
    expect(said?.message).toMatch(
      new RegExp(
        `^the desired state is not one JSON object( ${at}\\d*)?\\. Run both from one version of openstack-spice$`,
      ),
    );
  });

  it("refuses a member that is there twice, at any level", () => {
    const text = renderDesiredState(fullCompute);
    for (const [twice, member] of [
      [text.replace("{", '{"role":"compute",'), "role"],
      [text.replace('"spice":{', '"spice":{"enabled":"false",'), "enabled"],
      [text.replace('"sources":{', '"sources":{"198.51.100.11/32":{},'), '["198.51.100.11/32"]'],
    ] as const) {
      expect(saidOf(twice)?.message).toMatch(`the desired state has the member ${member} twice in one object.`);
    }
  });

  it("takes a number of a million digits for none, in no time", () => {
    const text = renderDesiredState(fullCompute).replace('"release":34', `"release":${"9".repeat(1_000_000)}`);
    const started = performance.now();
    expect(saidOf(text)).toEqual(refusal("release is not the number of a release of Nova"));
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it("finds wrong what another validator of the schema does, wherever one member is changed", () => {
    const strange = [null, true, false, 0, 1, -1, 34, 65536, "", "x", "off", "true", "\n", "a/b", [], {}, { a: 1 }];
    const texts = [fullController, fullCompute].flatMap((document) =>
      pathsIn(document).flatMap((path) =>
        [
          withMember(document, path, undefined),
          withMember(document, [...path.slice(0, -1), "colour"], "blue"),
          ...strange.map((value) => withMember(document, path, value)),
        ].map((value) => JSON.stringify(value)),
      ),
    );
    expect(texts.length).toBeGreaterThan(1000);
    const said = nodeFunctions(
      "document/read",
      texts.map((text) => ({ text })),
    );
    const disagreed = texts.flatMap((text, index) => {
      const problems = said[index]?.message ?? "";
      const errors = schemaErrors("desired-state", JSON.parse(text));
      const beyond = /canonical form|CIDR block, such as \S+ of its|is before|says where it goes|IPv4-mapped/.test(
        problems,
      );
      return (errors.length === 0) === (problems === "" || beyond) ? [] : [{ problems, errors }];
    });
    expect(disagreed).toEqual([]);
  });

  it("reads every value as the document has it, whatever printable text it is", () => {
    fc.assert(
      fc.property(printableText, printableText, (certificate, sslCiphers) => {
        const state = controller(certificate, sslCiphers);
        const document = renderDesiredState({ ...state, firewall: { sources: sourcesNamed(["192.0.2.0/24"]) } });
        const { stop, items } = nodeFunction("document/items", { document, release: Release.Zed });
        expect([stop, items.sources]).toEqual([null, ["192.0.2.0/24"]]);
        expect(items).toMatchObject(common);
        expect(items.options?.["DEFAULT/cert"]).toBe(state["nova.conf"]["DEFAULT"]?.["cert"]);
        expect(items.options?.["console/ssl_ciphers"]).toBe(state["nova.conf"]["console"]?.["ssl_ciphers"]);
      }),
      { numRuns: 40 },
    );
  });

  it("takes every block as parseCidr writes it", () => {
    const block = fc
      .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(128))
      .map(
        ([address, prefix]) => parseCidr(`${address}/${address.includes(":") ? prefix : prefix % 33}`, "").value?.text,
      )
      .filter((text) => text !== undefined);
    fc.assert(
      fc.property(fc.uniqueArray(block, { minLength: 1, maxLength: 20 }), (blocks) => {
        expect(saidOf(renderDesiredState({ ...fullController, firewall: { sources: sourcesNamed(blocks) } }))).toBe(
          null,
        );
      }),
      { numRuns: 20 },
    );
  });

  it("gives an option the name that the release it finds has", () => {
    const document = renderDesiredState(controller("/etc/nova/console.pem", undefined));
    for (const release of releases) {
      const { stop, items } = nodeFunction("document/items", { document, release });
      expect(stop).toBe(null);
      expect(Object.keys(items.options ?? {}).filter((key) => key.endsWith("allowed_origins"))).toEqual([
        release <= Release.Newton ? "DEFAULT/console_allowed_origins" : "console/allowed_origins",
      ]);
    }
  });

  it("refuses an option that the release it finds does not have", () => {
    const document = renderDesiredState(controller("/etc/nova/console.pem", "HIGH"));
    for (const release of [Release.Mitaka, Release.Rocky, Release.Train]) {
      const { stop, items } = nodeFunction("document/items", { document, release });
      expect([stop?.status, items]).toEqual([3, {}]);
      expect(stop?.message).toContain(`Nova ${release} does not have [console] ssl_ciphers`);
    }
    expect(nodeFunction("document/items", { document, release: Release.Ussuri }).stop).toBe(null);
  });
});

type Path = readonly string[];

/** The paths of all members of an object, at every level. */
function pathsIn(value: unknown): readonly Path[] {
  return typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([name, member]) => [[name], ...pathsIn(member).map((path) => [name, ...path])]);
}

/** The object with another value at a path; undefined: without it. */
function withMember(value: unknown, [name = "", ...rest]: Path, member: unknown): object {
  const object = value as Readonly<Record<string, unknown>>;
  return { ...object, [name]: rest.length === 0 ? member : withMember(object[name], rest, member) };
}

import { describe, expect, it } from "vitest";
import { type Expected, lostAtTheEnd, lostIn } from "../../faults/support/lostBytes";
import type { Tree } from "../../faults/support/tree";

/** What the test with the power cuts takes for lost, and what not. */

const ROLE = "/var/lib/openstack-spice/roles/controller";
const CONF = "/etc/nova/nova.conf";
const LINK = "/etc/rc2.d/S01nova-spicehtml5proxy";
const LAUNCHER = "/usr/local/sbin/openstack-spice";
const PROGRAM = "/var/lib/openstack-spice/programs/abc.sh";

const tree = (paths: Tree["paths"], journal?: string): Tree => ({
  paths: journal === undefined ? paths : { ...paths, [`${ROLE}/journal`]: "its bytes" },
  journals: journal === undefined ? {} : { [`${ROLE}/journal`]: journal },
});
const former = { [CONF]: "former" };
const program = { [`${ROLE}/program`]: `0:0 0o120777 -> ${PROGRAM}`, [PROGRAM]: "0:0 0o100600 3 bytes abc" };
const written = { [CONF]: "new", [LINK]: "link", [LAUNCHER]: "launcher" };
const recorded = { ...program, [`${ROLE}/record`]: "record" };
const before = tree(former);
const converged = tree({ ...written, ...recorded });
const lastLauncher = "launcher and a line";
const converging: Expected = { verb: "converge", before, converged, lastLauncher };
const reverting: Expected = { verb: "revert", before, converged, lastLauncher };

const JOURNAL = `{"name": "Debian 12"}
"${CONF}.openstack-spice.0123456789ab"
["option", "${CONF}", "spice/html5proxy_port", "-", "=eA=="]
["unit", "nova-spicehtml5proxy", "-", "disabled inactive", "enabled active"]
`;

describe("an image of a node's disks", () => {
  it.each([
    ["as before", before],
    ["converged", converged],
    ["with the program alone", tree({ ...former, ...program })],
    ["with a journal alone", tree({ ...former, ...program }, "")],
    ["as before, with the launcher that is about to go", tree({ ...former, [LAUNCHER]: lastLauncher })],
    ["between, as its journal says", tree({ ...written, ...program }, JOURNAL)],
    ["with a journal whose last line is cut off", tree({ ...former, ...program }, `${JOURNAL}["opt`)],
    [
      "with a new file that its journal has",
      tree({ ...former, ...program, [`${CONF}.openstack-spice.0123456789ab`]: "" }, JOURNAL),
    ],
  ])("has lost nothing: %s", (_, image) => {
    expect(lostIn(image, converging)).toEqual([]);
  });

  it.each([
    ["a file has other bytes", tree({ ...converged.paths, [CONF]: "0 bytes" }, JOURNAL), [`${CONF} is 0 bytes`]],
    ["a file is away", tree({ ...program }, JOURNAL), [`${CONF} is away`]],
    [
      "the record has other bytes",
      tree({ ...converged.paths, [`${ROLE}/record`]: "0 bytes" }),
      ["the record is 0 bytes"],
    ],
    [
      "the program is not whole",
      tree({ ...converged.paths, [PROGRAM]: "0:0 0o100600 0 bytes e3b" }),
      ["there is no whole program for the way back"],
    ],
    ["the program is away", tree(former, ""), ["there is no whole program for the way back"]],
    ["the journal is damaged", tree({ ...former, ...program }, "\0\0\n"), ["the journal is damaged"]],
    [
      "the journal has not what was changed",
      tree({ ...former, ...program, [LINK]: "link" }, `["option", "${CONF}", "-", "-", "-"]\n`),
      [`nothing on the node knows that ${LINK} was changed`],
    ],
    [
      "there is no journal",
      tree({ ...written, ...program }),
      [CONF, LINK, LAUNCHER].map((path) => `nothing on the node knows that ${path} was changed`),
    ],
    [
      "a new file is in no journal",
      tree({ ...former, ...program, [`${CONF}.openstack-spice.0123456789ff`]: "x" }, JOURNAL),
      [`${CONF}.openstack-spice.0123456789ff is x`],
    ],
  ])("has lost something where %s", (_, image, lost) => {
    // A record that is there before all that it says is listed beside.
    expect(lostIn(image, converging).filter((what) => !what.startsWith("the record is there"))).toEqual(lost);
  });

  it("has lost something where a converge has its record before all that it says, and not while a revert has it still", () => {
    const image = tree({ ...former, ...recorded });
    expect(lostIn(image, converging)).toEqual(["the record is there before all that it says"]);
    expect(lostIn(image, reverting)).toEqual([]);
  });

  it("may have the node's own command last in a revert", () => {
    expect(lostIn(tree({ ...former, [LAUNCHER]: "launcher" }), reverting)).toEqual([]);
  });

  it("has all that a run was to do at its end, and no more", () => {
    expect(lostAtTheEnd(converged, converging)).toEqual([]);
    expect(lostAtTheEnd(before, reverting)).toEqual([]);
    expect(lostAtTheEnd(tree({ ...former, [LAUNCHER]: "launcher" }), reverting)).toEqual([
      `at the end ${LAUNCHER} is launcher, and not away`,
    ]);
    expect(lostAtTheEnd(tree({ ...converged.paths, [CONF]: "former" }), converging)).toEqual([
      `at the end ${CONF} is former, and not new`,
    ]);
  });
});

import { describe, expect, it } from "vitest";
import {
  CompressionPreset,
  ImageCompression,
  Release,
  Role,
  extraOptionKeys,
  novaFragment,
  novaOptions,
  optionKey,
  releaseName,
  releases,
} from "../../../nova";
import {
  type Row,
  computeRows,
  controllerRows,
  extraValues,
  least,
  settingsFor,
  unsettable,
} from "../../support/everyOption";
import { novaConfText } from "../../support/fragment";

/** A release by its number, as the table has it. */
const numbered = (release: number): Release => releases[release - 13] ?? Release.Mitaka;

/** The lines of rows, each section once, in the order of nova.conf. */
function textOf(rows: readonly Row[]): string {
  const sections = [...new Set(rows.map(([, section]) => section))];
  return sections
    .flatMap((name) => [`[${name}]`, ...rows.filter(([, section]) => section === name).map(([, , line]) => line)])
    .join("\n");
}

const roles = [
  { role: Role.Controller, rows: controllerRows },
  { role: Role.Compute, rows: computeRows },
] as const;

describe.each(roles)("every option of a $role", ({ role, rows }) => {
  it.each(releases.map((release) => [release, releaseName(release)] as const))("in release %d (%s)", (release) => {
    const number: number = release;
    const there = rows.filter(([, , , first, last]) => first <= number && number <= last);
    const { value, errors } = novaFragment(role, settingsFor(role, [...new Set(there.map(([ask]) => ask))]), release);
    expect(errors).toEqual([]);
    expect(novaConfText(value)).toBe(textOf(there));
  });

  const asks = [...new Set(rows.map(([ask]) => ask))].map((ask) => {
    const own = rows.filter(([name]) => name === ask);
    return [ask, Math.min(...own.map((row) => row[3])), Math.max(...own.map((row) => row[4]))] as const;
  });
  const pathOf = (ask: string) => (ask.includes("/") ? `extraNovaOptions["${ask}"]` : ask);

  it.each(asks.filter(([, first]) => first > 13))("refuses %s before %d, and says since when", (ask, first) => {
    const { value, errors } = novaFragment(role, settingsFor(role, [ask]), numbered(first - 1));
    expect([value, errors.map(({ path }) => path)]).toEqual([undefined, [pathOf(ask)]]);
    expect(errors[0]?.reason).toMatch(
      new RegExp(`came in ${first}\\.0\\.0 \\(.+\\)|is read on a ${role} from release ${first} \\(`),
    );
    expect(novaFragment(role, settingsFor(role, [ask]), numbered(first)).errors).toEqual([]);
  });

  it.each(asks.filter(([, , last]) => last < 34))(
    "refuses %s (since %d) after %d, and says until when",
    (ask, _, last) => {
      const { value, errors } = novaFragment(role, settingsFor(role, [ask]), numbered(last + 1));
      expect([value, errors.map(({ path }) => path)]).toEqual([undefined, [pathOf(ask)]]);
      expect(errors[0]?.reason).toMatch(new RegExp(`went in ${last + 1}\\.0\\.0 \\(.+\\)|to ${last} \\(.+\\) only`));
      expect(novaFragment(role, settingsFor(role, [ask]), numbered(last)).errors).toEqual([]);
    },
  );
});

describe("the table above", () => {
  it("has every option of the package's own, and no other", () => {
    const known = novaOptions.map(optionKey).filter((key) => !unsettable.includes(key));
    const olderNames = novaOptions.flatMap(({ olderName }) => (olderName === undefined ? [] : [optionKey(olderName)]));
    const tested = [...controllerRows, ...computeRows].map(
      ([, section, line]) => `${section}/${line.split(" = ")[0] ?? ""}`,
    );
    expect([...new Set(tested)].filter((key) => !olderNames.includes(key)).sort()).toEqual([...known].sort());
    expect(olderNames.filter((key) => !tested.includes(key))).toEqual([]);
  });

  it("has each option that extraNovaOptions takes", () => {
    for (const { role } of roles) {
      expect(Object.keys(extraValues[role]).sort()).toEqual([...extraOptionKeys(role)].sort());
    }
  });
});

describe("the preset for video", () => {
  const settings = { ...least[Role.Compute], compression: { preset: CompressionPreset.Video } };
  const linesOf = (compression: (typeof settings)["compression"] & { readonly image?: ImageCompression }) =>
    novaConfText(novaFragment(Role.Compute, { ...settings, compression }, Release.Antelope).value)
      .split("\n")
      .slice(-5);

  it("sets what the documents say, and what is given beside it wins", () => {
    expect(linesOf(settings.compression)).toEqual([
      "image_compression = auto_lz",
      "jpeg_compression = auto",
      "zlib_compression = never",
      "playback_compression = true",
      "streaming_mode = filter",
    ]);
    expect(linesOf({ ...settings.compression, image: ImageCompression.Quic })[0]).toBe("image_compression = quic");
  });

  it("is one validation error where the release does not have it", () => {
    expect(novaFragment(Role.Compute, settings, Release.Zed).errors).toEqual([
      {
        path: "compression.preset",
        reason: "[spice] image_compression came in 27.0.0 (2023.1 Antelope); release 26 does not have it. Take it out.",
      },
    ]);
  });
});

import { describe, expect, it } from "vitest";
import { Release, parseRelease, releaseName, releases } from "../../../nova";

describe("releases", () => {
  it("run from Mitaka to 2026.2 without a gap, by Nova's major version", () => {
    expect(releases).toEqual(Array.from({ length: 22 }, (_, index) => 13 + index));
  });

  it("show the number by year from Antelope on", () => {
    expect([Release.Mitaka, Release.Zed, Release.Antelope, Release.Bobcat, Release.Hibiscus].map(releaseName)).toEqual([
      "Mitaka",
      "Zed",
      "2023.1 Antelope",
      "2023.2 Bobcat",
      "2026.2 Hibiscus",
    ]);
  });

  it("are read back from what they are shown as, and from name and number", () => {
    for (const release of releases) {
      for (const text of [releaseName(release), Release[release], String(release), release, `${release}.2.1`]) {
        expect(parseRelease(text)).toEqual({ value: release, errors: [] });
      }
    }
  });

  it.each([
    ["zed", Release.Zed],
    ["  CARACAL ", Release.Caracal],
    ["2023.1", Release.Antelope],
    ["2026.2", Release.Hibiscus],
    ["2025.2 flamingo", Release.Flamingo],
  ])("are read as people write them: %s", (text, release) => {
    expect(parseRelease(text).value).toBe(release);
  });

  it.each(["", "liberty", "12", "35", "2022.2", "2027.1", "26.", "26-2", "2023.1 bobcat", "toString"])(
    "that are not known are refused with the range: %j",
    (text) => {
      expect(parseRelease(text, "release")).toEqual({
        value: undefined,
        errors: [
          {
            path: "release",
            reason:
              `${JSON.stringify(text)} is not an OpenStack release this package knows. Give a name or number from Mitaka (13) to ` +
              "2026.2 Hibiscus (34), or leave it out: each node's release is then detected.",
          },
        ],
      });
    },
  );
});

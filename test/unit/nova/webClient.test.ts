import { describe, expect, it } from "vitest";
import { type WebClient, checkWebClient } from "../../../nova";

const sha256 = "a".repeat(64);

describe("a web client", () => {
  it.each<WebClient>([
    { archive: "/root/spice-html5-0.3.0.tgz", sha256 },
    { archive: "https://files.example.org/spice-html5-0.3.0.tar.gz", sha256 },
    { package: "spice-html5-web" },
    { package: "spice-html5-web", folder: "/usr/share/spice-html5-web" },
  ])("can be %j", (client) => {
    expect(checkWebClient(client, "webClient")).toEqual([]);
  });

  it.each<[WebClient, readonly string[]]>([
    [{}, [""]],
    [{ package: "x", archive: "/x", sha256 }, [""]],
    [{ package: "x; reboot" }, [".package"]],
    [{ package: "x", folder: "relative" }, [".folder"]],
    [{ package: "x", folder: "/a/../b" }, [".folder"]],
    [{ package: "x", folder: "/a b" }, [".folder"]],
    [{ package: "x", sha256 }, [".sha256"]],
    [{ archive: "/x.tgz" }, [".sha256"]],
    [{ archive: "/x.tgz", sha256: sha256.toUpperCase() }, [".sha256"]],
    [{ archive: "/x.tgz", sha256, folder: "/y" }, [".folder"]],
    [{ archive: "ftp://x/y", sha256 }, [".archive"]],
    [{ archive: "https://x/y z", sha256 }, [".archive"]],
    [{ archive: "https://user:hunter2@files.example.org/x.tgz", sha256 }, [".archive"]],
    [{ archive: "https:user:hunter2@files.example.org/x.tgz", sha256 }, [".archive"]],
    [{ archive: "http://localhost./x.tgz", sha256 }, [".archive"]],
    [{ archive: "http://0x7f.1/x.tgz", sha256 }, [".archive"]],
    [{ archive: "http://010.0.0.1/x.tgz", sha256 }, [".archive"]],
    [{ archive: "http://0/x.tgz", sha256 }, [".archive"]],
    [{ archive: "hunter2", sha256: "hunter2" }, [".archive", ".sha256"]],
    [{ package: "hunter2!", folder: "hunter2" }, [".package", ".folder"]],
  ])("cannot be %j", (client, at) => {
    const errors = checkWebClient(client, "webClient");
    expect(errors.map(({ path }) => path)).toEqual(at.map((key) => `webClient${key}`));
    expect(JSON.stringify(errors)).not.toContain("hunter2");
  });
});

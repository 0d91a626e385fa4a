import * as openstack from "@pulumi/openstack";
import { describe, expect, it } from "vitest";
import { CompressionPreset, ConsoleClient, Release, SoundModel, VideoModel, guestConsole } from "../../components";
import { run } from "./support/recorder";

/** What `guestConsole` gives, with the real resource classes of the OpenStack provider. */

describe("guestConsole", () => {
  it("gives what an image and a flavor take as they are", async () => {
    const { resources, error } = await run(() => {
      const { imageProperties, extraSpecs } = guestConsole({
        ...{ release: Release.Flamingo, client: ConsoleClient.Native, preset: CompressionPreset.Video },
        ...{ videoModel: VideoModel.Vga, videoRam: 32, redirectedUsbPorts: 2 },
      });
      new openstack.images.Image("desktop", {
        ...{ containerFormat: "bare", diskFormat: "qcow2", localFilePath: "/srv/desktop.qcow2" },
        properties: imageProperties,
      });
      new openstack.compute.Flavor("desktop", { ram: 4096, vcpus: 2, disk: 20, extraSpecs });
    });
    expect(error).toBeUndefined();
    const inputsOf = (type: string) => resources.find((resource) => resource.type === type)?.inputs;
    expect(inputsOf("openstack:images/image:Image")?.["properties"]).toEqual({
      ...{ hw_video_model: "vga", hw_video_ram: "32", hw_sound_model: "ich9", hw_redirected_usb_ports: "2" },
    });
    expect(inputsOf("openstack:compute/flavor:Flavor")?.["extraSpecs"]).toEqual({
      ...{ "hw_video:ram_max_mb": "32", "hw:sound_model": "ich9", "hw:redirected_usb_ports": "2" },
    });
  });

  it("stops the program with every wish that cannot be", async () => {
    const wishes = { release: Release.Zed, client: ConsoleClient.Html5, sound: SoundModel.Ich9, monitors: 2 };
    const { resources, error } = await run(() => guestConsole(wishes));
    expect(resources).toEqual([]);
    expect(error?.split("\n").map((line) => line.replace(/(: .{30}).*/, "$1"))).toEqual(
      [
        "guestConsole: 2 arguments are wrong, and nothing was",
        "  monitors: 2 is not to be had: Nova gives",
        "  sound: hw_sound_model came in 32.0.0 ",
      ].map((line) => line.replace(/(: .{30}).*/, "$1")),
    );
  });
});

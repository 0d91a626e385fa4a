import { describe, expect, it } from "vitest";
import {
  CompressionPreset,
  ConsoleClient,
  type GuestConsoleWishes,
  Release,
  SoundModel,
  UsbModel,
  VideoModel,
  guestProperties,
  releases,
} from "../../../nova";

const html5 = { client: ConsoleClient.Html5 };
const native = { client: ConsoleClient.Native };
const faultsOf = (wishes: GuestConsoleWishes) =>
  guestProperties(wishes).errors.map(({ path, reason }) => `${path}: ${reason}`);
const { Mitaka, Newton, Stein, Train, Dalmatian, Epoxy, Flamingo, Hibiscus } = Release;

describe("guestProperties", () => {
  it("says nothing where nothing is asked for", () => {
    for (const release of releases) {
      expect(guestProperties({ release, ...html5 })).toEqual({
        value: { imageProperties: {}, extraSpecs: {} },
        errors: [],
      });
    }
  });

  it("has everything that a native client carries, in both where both can say it", () => {
    const wishes = {
      ...{ release: Flamingo, ...native, videoModel: VideoModel.Vga, videoRam: 64, monitors: 1 },
      ...{
        sound: SoundModel.Ich9,
        microphone: true,
        redirectedUsbPorts: 4,
        usbModel: UsbModel.QemuXhci,
        usbTablet: true,
      },
    };
    expect(guestProperties(wishes).value).toEqual({
      imageProperties: {
        hw_video_model: "vga",
        hw_video_ram: "64",
        hw_pointer_model: "usbtablet",
        hw_sound_model: "ich9",
        hw_usb_model: "qemu-xhci",
        hw_redirected_usb_ports: "4",
      },
      extraSpecs: {
        "hw_video:ram_max_mb": "64",
        "hw:sound_model": "ich9",
        "hw:usb_model": "qemu-xhci",
        "hw:redirected_usb_ports": "4",
      },
    });
  });

  it.each<[keyof GuestConsoleWishes, Partial<GuestConsoleWishes>, Release, string]>([
    [
      "videoModel",
      { videoModel: VideoModel.Virtio },
      Train,
      "hw_video_model=virtio came in 20.0.0 (Train); release 19 does not have it. Take it out.",
    ],
    [
      "sound",
      { sound: SoundModel.Ac97 },
      Flamingo,
      "hw_sound_model came in 32.0.0 (2025.2 Flamingo); release 31 does not have it. Take it out.",
    ],
    [
      "usbModel",
      { usbModel: UsbModel.NecXhci },
      Flamingo,
      "hw_usb_model came in 32.0.0 (2025.2 Flamingo); release 31 does not have it. Take it out.",
    ],
    [
      "redirectedUsbPorts",
      { redirectedUsbPorts: 1 },
      Flamingo,
      "hw_redirected_usb_ports came in 32.0.0 (2025.2 Flamingo); release 31 does not have it. Take it out.",
    ],
    [
      "usbTablet",
      { usbTablet: true },
      Newton,
      "hw_pointer_model came in 14.0.0 (Newton); release 13 does not have it. Take it out.",
    ],
  ])("refuses %s before its release, and takes it from there on", (wish, wishes, first, reason) => {
    for (const release of releases) {
      expect(faultsOf({ release, ...native, ...wishes }).length, `${release}`).toBe(release < first ? 1 : 0);
    }
    const before = releases[releases.indexOf(first) - 1] ?? Mitaka;
    expect(faultsOf({ release: before, ...native, ...wishes })).toEqual([`${wish}: ${reason}`]);
  });

  it("refuses what the HTML5 client does not carry, and what Nova never has", () => {
    const wishes = { ...html5, release: Hibiscus, microphone: true, redirectedUsbPorts: 1, monitors: 4 };
    expect(faultsOf(wishes)).toEqual([
      "monitors: 4 is not to be had: Nova gives a guest one video adapter with one screen, in every release, whatever the client. Take it out.",
      "microphone: The HTML5 client has no record channel. It takes a native client; or take it out.",
      "microphone: It needs a sound device. Name one as sound.",
      "redirectedUsbPorts: The HTML5 client has no USB redirection. It takes a native client; or take it out.",
    ]);
    expect(faultsOf({ ...wishes, ...native, sound: SoundModel.Usb })).toHaveLength(1);
  });

  it.each([
    [Dalmatian, undefined, 0],
    [Dalmatian, VideoModel.Virtio, 1],
    [Epoxy, undefined, 1],
    [Epoxy, VideoModel.Virtio, 1],
    [Epoxy, VideoModel.Qxl, 0],
  ])("takes video memory in release %d for the adapter %s: %d validation errors", (release, videoModel, count) => {
    const model = videoModel === undefined ? {} : { videoModel };
    expect(faultsOf({ release, ...html5, videoRam: 32, ...model })).toHaveLength(count);
  });

  it.each([0, 1.5, 513, -1, NaN])("refuses %d MiB of video memory", (videoRam) => {
    expect(faultsOf({ release: Stein, ...html5, videoRam })).toEqual([
      `videoRam: ${videoRam} is out of range. Give a whole number from 1 to 512.`,
    ]);
  });

  it("refuses a tablet that Nova would leave out", () => {
    const wishes = { release: Hibiscus, ...html5, usbTablet: true };
    expect(faultsOf(wishes)).toEqual([]);
    expect(faultsOf({ ...wishes, agentAlone: true })).toEqual([
      "usbTablet: With the agent's channel and without VNC, Nova leaves the tablet out and says so in its log alone. Set agentEnabled to false on the computes, or take it out.",
    ]);
  });

  it("has a preset for video, over which what is given wins", () => {
    const preset = { ...html5, preset: CompressionPreset.Video };
    const imageOf = (wishes: GuestConsoleWishes) => guestProperties(wishes).value?.imageProperties;
    expect(imageOf({ release: Mitaka, ...preset })).toEqual({ hw_video_model: "qxl" });
    expect(imageOf({ release: Train, ...preset })).toEqual({ hw_video_model: "virtio" });
    expect(imageOf({ release: Flamingo, ...preset })).toEqual({ hw_video_model: "virtio", hw_sound_model: "ich9" });
    expect(imageOf({ release: Flamingo, ...preset, sound: SoundModel.Virtio })?.["hw_sound_model"]).toBe("virtio");
  });

  it("refuses words that are none, with their paths", () => {
    const wishes = JSON.parse(
      '{ "release": 34, "client": "vnc", "videoModel": "xen", "sound": "loud" }',
    ) as GuestConsoleWishes;
    expect(guestProperties(wishes, "guests[0].").errors).toEqual([
      { path: "guests[0].client", reason: '"vnc" is none. Give one of html5, native.' },
      { path: "guests[0].videoModel", reason: '"xen" is none. Give one of virtio, qxl, vga, cirrus.' },
      {
        path: "guests[0].sound",
        reason: '"loud" is none. Give one of sb16, es1370, pcspk, ac97, ich6, ich9, usb, virtio.',
      },
    ]);
  });
});

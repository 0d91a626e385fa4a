import { CompressionPreset } from "./compression";
import { type Checked, type ValidationError, checkWord, invalid, shown, valid } from "./validationError";
import { Release, releaseName } from "./releases";

/** By what users look at a guest's console. */
export enum ConsoleClient {
  /** The web client behind nova-spicehtml5proxy. */
  Html5 = "html5",
  /** virt-viewer and the like, by spice-direct (Nova 31 and later) or from the management network. */
  Native = "native",
}

/** `hw_video_model`, of those that SPICE guests can use. */
export enum VideoModel {
  /** From 20.0.0 on; the default of SPICE hosts from 31.0.0 on. */
  Virtio = "virtio",
  /** The default of SPICE hosts up to 30. */
  Qxl = "qxl",
  /** QEMU's standard VGA adapter. */
  Vga = "vga",
  /** Cirrus Logic's GD5446, for guests that have drivers for nothing newer. */
  Cirrus = "cirrus",
}

/** `hw_sound_model`. */
export enum SoundModel {
  /** Creative's Sound Blaster 16. */
  Sb16 = "sb16",
  /** Ensoniq's AudioPCI ES1370. */
  Es1370 = "es1370",
  /** The PC speaker. */
  Pcspk = "pcspk",
  /** Intel's AC'97 controller, 82801AA. */
  Ac97 = "ac97",
  /** Intel HD Audio, as in the chipset ICH6. */
  Ich6 = "ich6",
  /** What present systems have drivers for. */
  Ich9 = "ich9",
  /** A USB audio device. */
  Usb = "usb",
  /** virtio-sound. */
  Virtio = "virtio",
}

/** `hw_usb_model`. */
export enum UsbModel {
  /** QEMU's own USB 3 controller. */
  QemuXhci = "qemu-xhci",
  /** NEC's USB 3 controller, uPD720200. */
  NecXhci = "nec-xhci",
}

/** What a guest's console is to have. What is left out is left to Nova. */
export interface GuestConsoleWishes {
  /** The release of the computes on which such guests run. */
  readonly release: Release;
  /** By what users look at it. What that client does not carry is refused. */
  readonly client: ConsoleClient;
  /** Settings for a purpose, where the others are left out. @default none */
  readonly preset?: CompressionPreset;
  /** The video adapter. @default the preset's, else Nova's */
  readonly videoModel?: VideoModel;
  /** Memory of the video adapter in MiB, 1 to 512: of `Vga`, `Cirrus` and `Qxl`. @default QEMU's */
  readonly videoRam?: number;
  /** Screens. Nova gives a guest one. @default 1 */
  readonly monitors?: number;
  /** The sound device, by which the guest is heard. @default the preset's, else none */
  readonly sound?: SoundModel;
  /** Whether the guest is to hear its user: a microphone. @default false */
  readonly microphone?: boolean;
  /** How many of the user's USB devices the guest can have at a time: 1 to 15. @default none */
  readonly redirectedUsbPorts?: number;
  /** The USB controller. @default Nova's */
  readonly usbModel?: UsbModel;
  /** Whether the guest has a USB tablet, by which its pointer is where the user's is without an agent. @default false: nothing is said of it */
  readonly usbTablet?: boolean;
  /** Whether the computes give guests the SPICE agent's channel (`agentEnabled`), and have VNC off. @default false */
  readonly agentAlone?: boolean;
}

/** For images of guests in which video plays: what the preset sets beside the computes' `compression`, and why. */
export const videoGuestReasons = [
  {
    setting: "videoModel",
    value: "virtio (qxl before 20)",
    reason:
      "virtio has a driver in present systems, and its screen is the guest's own memory: no limit of its own on resolution. qxl's drawing commands help only guests with its old drivers, and such guests do not start on a QEMU without qxl.",
  },
  {
    setting: "sound",
    value: "ich9 (from 32)",
    reason:
      "Video without sound is half of it, and Nova gives a guest no sound device by itself. Present systems have a driver for ich9.",
  },
] as const;

/** The plain objects for Glance's images and Nova's flavors. */
export interface GuestProperties {
  /** For `properties` of an `openstack.images.Image`. */
  readonly imageProperties: Readonly<Record<string, string>>;
  /** For `extraSpecs` of an `openstack.compute.Flavor`. What both can say, both say, since Nova refuses two that differ. */
  readonly extraSpecs: Readonly<Record<string, string>>;
}

/**
 * The image properties and extra specs that give a guest what is asked for, or why it cannot have that.
 *
 * Source: Nova's `nova/objects/image_meta.py`, `nova/objects/fields.py`, `nova/virt/hardware.py` and `nova/virt/libvirt/driver.py`, 13.0.0 to 34.0.0;
 * what clients carry: docs/guests.md.
 *
 * @param path put before the path of each validation error
 */
export function guestProperties(asked: GuestConsoleWishes, path = ""): Checked<GuestProperties> {
  const wishes = withPreset(asked);
  const errors = [
    ...wordErrors(asked),
    ...videoErrors(wishes),
    ...soundErrors(wishes),
    ...usbErrors(wishes),
    ...pointerErrors(wishes),
  ];
  if (errors.length > 0) {
    return invalid(...errors.map((error) => ({ ...error, path: `${path}${error.path}` })));
  }
  const { videoModel, videoRam, sound, redirectedUsbPorts, usbModel, usbTablet } = wishes;
  const both = {
    ...(sound === undefined ? {} : { sound_model: sound }),
    ...(usbModel === undefined ? {} : { usb_model: usbModel }),
    ...(redirectedUsbPorts === undefined ? {} : { redirected_usb_ports: String(redirectedUsbPorts) }),
  };
  const named = (prefix: string) =>
    Object.fromEntries(Object.entries(both).map(([key, value]) => [prefix + key, value]));
  return valid({
    imageProperties: {
      ...(videoModel === undefined ? {} : { hw_video_model: videoModel }),
      ...(videoRam === undefined ? {} : { hw_video_ram: String(videoRam) }),
      ...(usbTablet === true ? { hw_pointer_model: "usbtablet" } : {}),
      ...named("hw_"),
    },
    extraSpecs: { ...(videoRam === undefined ? {} : { "hw_video:ram_max_mb": String(videoRam) }), ...named("hw:") },
  });
}

/** For video: virtio, whose screen is the guest's own memory; qxl where Nova does not have it. Sound where Nova has it. */
function withPreset(wishes: GuestConsoleWishes): GuestConsoleWishes {
  const { preset, release } = wishes;
  if (preset !== CompressionPreset.Video) {
    return wishes;
  }
  const sound = release >= Release.Flamingo ? { sound: SoundModel.Ich9 } : {};
  return { videoModel: release >= Release.Train ? VideoModel.Virtio : VideoModel.Qxl, ...sound, ...wishes };
}

/** The wishes that are words, each with its words. */
const words: readonly (readonly [wish: keyof GuestConsoleWishes, words: readonly string[]])[] = [
  ["client", Object.values(ConsoleClient)],
  ["preset", Object.values(CompressionPreset)],
  ["videoModel", Object.values(VideoModel)],
  ["sound", Object.values(SoundModel)],
  ["usbModel", Object.values(UsbModel)],
];

function wordErrors(wishes: GuestConsoleWishes): readonly ValidationError[] {
  return words.flatMap(([wish, known]) => checkWord(wishes[wish] as string | undefined, known, wish, "none"));
}

/** A wish that came with a release. */
function since(
  wish: keyof GuestConsoleWishes,
  option: string,
  first: Release,
  wishes: GuestConsoleWishes,
): ValidationError[] {
  return wishes[wish] === undefined || wishes.release >= first
    ? []
    : [
        {
          path: wish,
          reason: `${option} came in ${first}.0.0 (${releaseName(first)}); release ${wishes.release} does not have it. Take it out.`,
        },
      ];
}

/** A wish that takes a native client. */
function nativeOnly(wish: keyof GuestConsoleWishes, wishes: GuestConsoleWishes, what: string): ValidationError[] {
  return wishes.client === ConsoleClient.Native
    ? []
    : [{ path: wish, reason: `The HTML5 client has no ${what}. It takes a native client; or take it out.` }];
}

function rangeErrors(
  wish: "videoRam" | "redirectedUsbPorts",
  max: number,
  wishes: GuestConsoleWishes,
): ValidationError[] {
  const value = wishes[wish];
  return value === undefined || (Number.isInteger(value) && value >= 1 && value <= max)
    ? []
    : [{ path: wish, reason: `${shown(value)} is out of range. Give a whole number from 1 to ${max}.` }];
}

function videoErrors(wishes: GuestConsoleWishes): readonly ValidationError[] {
  const { videoModel, videoRam, monitors = 1, release } = wishes;
  const errors: ValidationError[] = [...rangeErrors("videoRam", 512, wishes)];
  if (videoModel === VideoModel.Virtio) {
    errors.push(...since("videoModel", "hw_video_model=virtio", Release.Train, wishes));
  }
  // Nova says "virtio" itself where nobody says anything.
  const isVirtio =
    (videoModel ?? (release >= Release.Epoxy ? VideoModel.Virtio : VideoModel.Qxl)) === VideoModel.Virtio;
  if (videoRam !== undefined && isVirtio) {
    const reason =
      "A virtio video adapter takes what its screen needs from the guest's own memory, and QEMU is given no other. Take it out, or choose vga, cirrus or qxl.";
    errors.push({ path: "videoRam", reason });
  }
  if (monitors !== 1) {
    const reason = `${shown(monitors)} is not to be had: Nova gives a guest one video adapter with one screen, in every release, whatever the client. Take it out.`;
    errors.push({ path: "monitors", reason });
  }
  return errors;
}

function soundErrors(wishes: GuestConsoleWishes): readonly ValidationError[] {
  const { sound, microphone = false } = wishes;
  const errors = since("sound", "hw_sound_model", Release.Flamingo, wishes);
  if (microphone) {
    errors.push(...nativeOnly("microphone", wishes, "record channel"));
    if (sound === undefined) {
      errors.push({ path: "microphone", reason: "It needs a sound device. Name one as sound." });
    }
  }
  return errors;
}

function usbErrors(wishes: GuestConsoleWishes): readonly ValidationError[] {
  const { redirectedUsbPorts } = wishes;
  return [
    ...since("redirectedUsbPorts", "hw_redirected_usb_ports", Release.Flamingo, wishes),
    ...since("usbModel", "hw_usb_model", Release.Flamingo, wishes),
    ...rangeErrors("redirectedUsbPorts", 15, wishes),
    ...(redirectedUsbPorts === undefined ? [] : nativeOnly("redirectedUsbPorts", wishes, "USB redirection")),
  ];
}

function pointerErrors(wishes: GuestConsoleWishes): readonly ValidationError[] {
  const { usbTablet = false, agentAlone = false, release } = wishes;
  if (!usbTablet) {
    return [];
  }
  const errors: ValidationError[] = since("usbTablet", "hw_pointer_model", Release.Newton, wishes);
  if (agentAlone && release >= Release.Newton) {
    const reason =
      "With the agent's channel and without VNC, Nova leaves the tablet out and says so in its log alone. Set agentEnabled to false on the computes, or take it out.";
    errors.push({ path: "usbTablet", reason });
  }
  return errors;
}

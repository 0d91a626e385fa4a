import { ImageCompression, StreamingMode, WanCompression } from "./choices";
import type { OptionValue } from "./value";

/** A set of compression settings for a purpose. */
export enum CompressionPreset {
  /** Guests in which video plays; {@link presetReasons} says why each setting. */
  Video = "video",
}

/** How SPICE servers compress what they send. What is left out is not written: QEMU's own default holds. */
export interface Compression {
  /** Settings for a purpose; each of the others that is given wins over it. */
  readonly preset?: CompressionPreset;
  /** `[spice] image_compression`. */
  readonly image?: ImageCompression;
  /** `[spice] jpeg_compression`. */
  readonly jpeg?: WanCompression;
  /** `[spice] zlib_compression`. */
  readonly zlib?: WanCompression;
  /** `[spice] playback_compression`. */
  readonly playback?: boolean;
  /** `[spice] streaming_mode`. */
  readonly streamingMode?: StreamingMode;
}

/** One setting of a preset, with the reason for it. */
interface PresetSetting {
  /** The argument that it stands for. */
  readonly setting: Exclude<keyof Compression, "preset">;
  /** What that is set to. */
  readonly value: OptionValue;
  /** One or two sentences, for the document of it. */
  readonly reason: string;
}

/** What each preset sets, and why. Sources: QEMU's `-spice` option, spice-server's stream detection, what spice-html5 0.3.0 decodes. */
export const presets: Readonly<Record<CompressionPreset, readonly PresetSetting[]>> = {
  [CompressionPreset.Video]: [
    {
      setting: "streamingMode",
      value: StreamingMode.Filter,
      reason:
        "QEMU's default sends every frame as images without loss. With it, what looks like video goes as one lossy stream, which is less to compress and to send; text beside it stays sharp.",
    },
    {
      setting: "image",
      value: ImageCompression.AutoLz,
      reason:
        "QEMU's default, auto_glz, keeps a dictionary for a form that the HTML5 client does not decode. lz and quic it does, and both cost less of the server's processor.",
    },
    {
      setting: "jpeg",
      value: WanCompression.Auto,
      reason: "Photographic images lose quality on links that SPICE finds slow, and nowhere else.",
    },
    {
      setting: "zlib",
      value: WanCompression.Never,
      reason: "It compresses glz images over again, of which there are none with auto_lz.",
    },
    {
      setting: "playback",
      value: true,
      reason: "Sound goes as Opus, in place of 1.4 Mbit/s. The HTML5 client plays nothing else.",
    },
  ],
};

/** The option that each setting is. */
const optionOf = {
  image: "image_compression",
  jpeg: "jpeg_compression",
  zlib: "zlib_compression",
  playback: "playback_compression",
  streamingMode: "streaming_mode",
} as const;

/** The options of `[spice]` that are asked for, each with the argument that says so. */
export function compressionOptions(
  compression: Compression,
): readonly { readonly name: string; readonly argument: string; readonly value: OptionValue | undefined }[] {
  const { preset } = compression;
  // A word that is no preset, from a program that is not type-checked, is checkGuestConsole's to refuse.
  const settings = preset !== undefined && Object.hasOwn(presets, preset) ? presets[preset] : [];
  return (Object.keys(optionOf) as (keyof typeof optionOf)[]).map((setting) => {
    const own = compression[setting];
    const value = own ?? settings.find((one) => one.setting === setting)?.value;
    return { name: optionOf[setting], argument: `compression.${own === undefined ? "preset" : setting}`, value };
  });
}

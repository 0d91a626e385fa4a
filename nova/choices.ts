/** `[console] ssl_minimum_version`: the oldest TLS that a proxy speaks. */
export enum TlsVersion {
  /** What the node's OpenSSL has by default. */
  Default = "default",
  Tls11 = "tlsv1_1",
  Tls12 = "tlsv1_2",
  Tls13 = "tlsv1_3",
}

/** `[spice] image_compression`, which is lossless. */
export enum ImageCompression {
  /** glz or quic, by the image. QEMU's own default. */
  AutoGlz = "auto_glz",
  /** lz or quic, by the image: what the HTML5 client decodes. */
  AutoLz = "auto_lz",
  Quic = "quic",
  /** lz with a dictionary of former images: the HTML5 client does not decode it. */
  Glz = "glz",
  Lz = "lz",
  Off = "off",
}

/** `[spice] jpeg_compression` and `zlib_compression`. */
export enum WanCompression {
  /** On links that SPICE finds slow. QEMU's own default. */
  Auto = "auto",
  Never = "never",
  Always = "always",
}

/** `[spice] streaming_mode`: what is sent as lossy video instead of images. */
export enum StreamingMode {
  /** What changes fast and looks like video. */
  Filter = "filter",
  /** All that changes fast. */
  All = "all",
  /** Nothing. QEMU's own default. */
  Off = "off",
}

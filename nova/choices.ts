/** `[console] ssl_minimum_version`: the oldest TLS that a proxy speaks. */
export enum TlsVersion {
  /** What the node's OpenSSL has by default. */
  Default = "default",
  /** TLS 1.1 and later. */
  Tls11 = "tlsv1_1",
  /** TLS 1.2 and later. */
  Tls12 = "tlsv1_2",
  /** TLS 1.3 and later. */
  Tls13 = "tlsv1_3",
}

/** `[spice] image_compression`, which is lossless. */
export enum ImageCompression {
  /** glz or quic, by the image. QEMU's own default. */
  AutoGlz = "auto_glz",
  /** lz or quic, by the image: what the HTML5 client decodes. */
  AutoLz = "auto_lz",
  /** Each pixel by those around it, which suits photographs. The HTML5 client decodes it. */
  Quic = "quic",
  /** lz with a dictionary of former images: the HTML5 client does not decode it. */
  Glz = "glz",
  /** Runs of pixels that come again, which suits text and drawings. The HTML5 client decodes it. */
  Lz = "lz",
  /** Images go as they are. */
  Off = "off",
}

/** `[spice] jpeg_compression` and `zlib_compression`. */
export enum WanCompression {
  /** On links that SPICE finds slow. QEMU's own default. */
  Auto = "auto",
  /** On no link. */
  Never = "never",
  /** On every link. */
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

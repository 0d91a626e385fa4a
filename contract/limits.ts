/** How much a node takes: the desired state's schema says so, too (test/unit/contract/limits.test.ts), and what is more is refused before anything is registered. */
export const limits = {
  /** CIDR blocks that may reach a port of a node. */
  sources: 10_000,
  /** Characters of a value in nova.conf, or in a repository's file, as it stands there. */
  value: 65_536,
  /** Characters of the name of a section of nova.conf. */
  section: 100,
  /** Characters of a certificate with its issuers', or of a repository's public key, as PEM or ASCII-armored text. */
  armored: 262_144,
  /** Characters of a package's name. */
  package: 200,
  /** Characters of a path, or of an archive's URL, behind its first slash or its scheme. */
  path: 4096,
} as const;

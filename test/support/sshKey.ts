import { utils } from "ssh2";

/** A key pair of SSH, as texts. */
interface SshKeyPair {
  readonly private: string;
  readonly public: string;
}

/**
 * An ed25519 key in OpenSSH's format. Of a public key that begins with a zero byte ssh2 1.17 leaves that out, and no program reads such a key: then it is
 * another one.
 */
export function ed25519KeyPair(
  options: { comment?: string; passphrase?: string; cipher?: string; rounds?: number } = {},
): SshKeyPair {
  for (;;) {
    const pair = utils.generateKeyPairSync("ed25519", options as Parameters<typeof utils.generateKeyPairSync>[1]);
    // A type of 11 characters and a key of 32 bytes, each behind its length.
    if (Buffer.from(pair.public.split(" ")[1] ?? "", "base64").length === 51) {
      return pair;
    }
  }
}

import { createPublicKey, generateKeyPairSync } from "node:crypto";
import * as fc from "fast-check";
import { utils } from "ssh2";
import { describe, expect, it } from "vitest";
import { shortPrivateKey } from "../../../remote/openSshKey";
import { inspectPrivateKey } from "../../../remote/privateKey";
import { ed25519KeyPair } from "../../support/sshKey";
import { anyText } from "../../support/text";

const ed25519 = generateKeyPairSync("ed25519").privateKey;
const pem = ed25519.export({ type: "pkcs8", format: "pem" }) as string;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync("ec", { namedCurve: "secp384r1" }).privateKey;
const openssh = ed25519KeyPair();

/** Keys of each kind and format that the SSH client reads, and whether they are RSA. */
const keys: readonly (readonly [kind: string, key: string, isRsa: boolean])[] = [
  ["ed25519, PKCS #8", pem, false],
  ["ed25519, OpenSSH", openssh.private, false],
  ["RSA, PKCS #1", rsa.export({ type: "pkcs1", format: "pem" }) as string, true],
  ["RSA, PKCS #8", rsa.export({ type: "pkcs8", format: "pem" }) as string, true],
  ["RSA, OpenSSH", utils.generateKeyPairSync("rsa", { bits: 2048 }).private, true],
  ["ECDSA, SEC 1", ec.export({ type: "sec1", format: "pem" }) as string, false],
  ["ECDSA, PKCS #8", ec.export({ type: "pkcs8", format: "pem" }) as string, false],
  ["ECDSA P-256, OpenSSH", utils.generateKeyPairSync("ecdsa", { bits: 256 }).private, false],
  ["ECDSA P-384, OpenSSH", utils.generateKeyPairSync("ecdsa", { bits: 384 }).private, false],
  ["ECDSA P-521, OpenSSH", utils.generateKeyPairSync("ecdsa", { bits: 521 }).private, false],
];

const encryption = { cipher: "aes256-ctr", rounds: 1, passphrase: "p" } as const;
const old = { cipher: "aes-256-cbc", passphrase: "p" } as const;

/** Encrypted keys that the SSH client reads. */
const encrypted: readonly (readonly [kind: string, key: string])[] = [
  ["ed25519, OpenSSH", ed25519KeyPair(encryption).private],
  ["RSA, OpenSSH", utils.generateKeyPairSync("rsa", { bits: 2048, ...encryption }).private],
  ["RSA, PKCS #1", rsa.export({ type: "pkcs1", format: "pem", ...old }) as string],
  ["ECDSA, SEC 1", ec.export({ type: "sec1", format: "pem", ...old }) as string],
];

const remedy =
  "Give the content of the key file as it is, such as by `pulumi config set --secret sshPrivateKey < FILE`, or use an SSH agent.";
const all: readonly (readonly [kind: string, key: string])[] = [
  ...keys.map(([kind, key]) => [kind, key] as const),
  ...encrypted,
];
const lines = (text: string) => text.trimEnd().split("\n");
const inLines = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join("");

describe("shortPrivateKey", () => {
  it("makes PKCS #8 of an ed25519 key in OpenSSH's format, the same key, in 119 characters", () => {
    for (let round = 0; round < 20; round += 1) {
      const pair = ed25519KeyPair({ comment: "x".repeat(round) });
      const short = shortPrivateKey(pair.private.replaceAll("\n", round % 2 === 0 ? "\n" : "\r\n"));
      expect(short.length).toBe(119);
      expect(inspectPrivateKey(short)).toEqual({ rsa: false });
      const x = createPublicKey(short).export({ format: "jwk" }).x ?? "";
      const publicKey = Buffer.from(pair.public.split(" ")[1] ?? "", "base64");
      expect(Buffer.from(x, "base64url")).toEqual(publicKey.subarray(-32));
    }
  });

  it("leaves any other text as it is", () => {
    const damaged = openssh.private.replace(/.{20}(\r?\n-----END)/, "AAAAAAAAAAAAAAAAAAAA$1");
    const others = all.filter(([kind]) => kind !== "ed25519, OpenSSH" || !keys.some(([known]) => known === kind));
    for (const text of [...others.map(([, key]) => key), damaged, encrypted[0]?.[1] ?? "", "", "no key"]) {
      expect(shortPrivateKey(text)).toBe(text);
    }
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(shortPrivateKey(text)).toBe(text);
      }),
    );
  });
});

describe("inspectPrivateKey takes", () => {
  it.each(keys)("%s", (_kind, key, isRsa) => {
    expect(inspectPrivateKey(key)).toEqual({ rsa: isRsa });
  });

  it.each(encrypted)("an encrypted key with its password: %s", (_kind, key) => {
    expect(inspectPrivateKey(key, "p").error).toBeUndefined();
    expect(inspectPrivateKey(key, null).error).toBeUndefined();
  });

  it.each(keys)("what changes nothing for Go's PEM reader: %s", (_kind, key, isRsa) => {
    const [first = "", ...rest] = lines(key);
    const same = [
      key.replaceAll("\n", "\r\n"),
      key.trimEnd(),
      `a line before\n\n${key}and behind`,
      key.replaceAll("\n", " \t\n"),
      inLines([first, ...rest.slice(0, -1).map((line) => `  ${line}`), rest.at(-1) ?? ""]),
      inLines([first, rest.slice(0, -1).join(""), rest.at(-1) ?? ""]),
    ];
    expect(same.map((text) => inspectPrivateKey(text))).toEqual(same.map(() => ({ rsa: isRsa })));
  });
});

describe("inspectPrivateKey refuses", () => {
  it.each(encrypted)("an encrypted key without its password: %s", (_kind, key) => {
    expect(inspectPrivateKey(key).error).toBe(
      "The private key is encrypted and no privateKeyPassword is given. Give its password, or use an SSH agent.",
    );
  });

  it.each(keys)("a password where the key has none, as the SSH client does: %s", (_kind, key) => {
    const reason =
      "The private key is not encrypted, and the SSH client refuses one with a privateKeyPassword then. Take the password out.";
    expect([inspectPrivateKey(key, "p").error, inspectPrivateKey(key, null).error]).toEqual([reason, reason]);
  });

  it("another password, where that shows without bcrypt", () => {
    const [, , pkcs1 = ["", ""], sec1 = ["", ""]] = encrypted;
    for (const [, key] of [pkcs1, sec1]) {
      expect(inspectPrivateKey(key, "q").error).toContain(
        "The private key cannot be decrypted with its privateKeyPassword: the password is another one, or the key is damaged.",
      );
    }
  });

  it.each(all)("indented lines: %s", (_kind, key) => {
    expect(inspectPrivateKey(key.replace(/^/gm, "  "), undefined).error).toBe(
      `The lines of the private key are indented. ${remedy}`,
    );
    expect(inspectPrivateKey(key.replaceAll("\n", "\n    "), "p").error).toContain("indented");
  });

  it.each(all)("blanks in the place of newlines: %s", (_kind, key) => {
    const reason = `The private key is not in lines: blanks, or nothing, stand where its lines end. ${remedy}`;
    expect(inspectPrivateKey(key.replaceAll("\n", " ")).error).toBe(reason);
    expect(inspectPrivateKey(key.replaceAll("\n", "")).error).toBe(reason);
  });

  it.each(keys)("newlines as two characters: %s", (_kind, key) => {
    expect(inspectPrivateKey(key.replaceAll("\n", "\\n")).error).toBe(
      `The private key has \\n in it, written as two characters, where its lines end. ${remedy}`,
    );
  });

  it.each(all)("a key with any line of its body missing: %s", (_kind, key) => {
    const parts = lines(key);
    const isOld = key.includes("DEK-Info");
    // The headers of an encrypted key of old, with the blank line behind them, are other cases.
    for (let index = isOld ? 4 : 1; index < parts.length - 1; index += 1) {
      const cut = inLines(parts.filter((_, other) => other !== index));
      expect(inspectPrivateKey(cut, isOld ? "p" : undefined).error, String(index)).toMatch(/damaged/);
    }
  });

  it.each(keys)("a key that is cut anywhere, or of which anything is changed into something else: %s", (_kind, key) => {
    fc.assert(
      fc.property(fc.nat({ max: key.trimEnd().length - 1 }), (at) => {
        expect(inspectPrivateKey(key.slice(0, at)).error).toMatch(/cut off|not the text|does not begin|damaged/);
        expect(inspectPrivateKey(`${key.slice(0, at)}!${key.slice(at + 1)}`).error ?? "").toMatch(/^[\x20-\x7e]+$/);
      }),
      { numRuns: 60 },
    );
  });

  it("a key with its last line missing", () => {
    expect(inspectPrivateKey(pem.split("\n").slice(0, 2).join("\n")).error).toBe(
      `The private key is cut off: its last line "-----END PRIVATE KEY-----" is missing. ${remedy}`,
    );
  });

  it("a key whose parts do not belong together", () => {
    const bytes = Buffer.from(lines(openssh.private).slice(1, -1).join(""), "base64");
    const own = ed25519.export({ format: "jwk" });
    // The private part ends with the seed, the public key, the comment and padding; the seed is put behind the public key's first copy.
    const seed = bytes.indexOf(Buffer.from([0, 0, 0, 64])) + 4;
    Buffer.from(own.d ?? "", "base64url").copy(bytes, seed);
    const mixed = [
      "-----BEGIN OPENSSH PRIVATE KEY-----",
      bytes.toString("base64"),
      "-----END OPENSSH PRIVATE KEY-----",
    ];
    expect(seed).toBeGreaterThan(100);
    expect(inspectPrivateKey(inLines(mixed)).error).toContain("damaged");
  });

  it.each<[string, string, string]>([
    ["a path", "~/.ssh/id_ed25519", "It is not the text of a private key but, it seems, a path."],
    ["a public key", openssh.public, "It is not the text of a private key but a public key."],
    [
      "a public key of RFC 4716",
      "---- BEGIN SSH2 PUBLIC KEY ----",
      "It is not the text of a private key but a public key.",
    ],
    [
      "a public key in PEM",
      generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }) as string,
      "It is not the text of a private key for SSH but a public key.",
    ],
    [
      "an SSH certificate",
      "ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t",
      "It is not the text of a private key but an SSH certificate.",
    ],
    [
      "an X.509 certificate",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      "It is not the text of a private key for SSH but a certificate.",
    ],
    [
      "a key of PGP",
      "-----BEGIN PGP PRIVATE KEY BLOCK-----\nAAAA\n-----END PGP PRIVATE KEY BLOCK-----\n",
      "It is not the text of a private key for SSH but a key of PGP.",
    ],
    ["PuTTY's", "PuTTY-User-Key-File-3: ssh-ed25519", "but PuTTY's (convert it: puttygen KEY -O private-openssh)."],
    [
      "that of ssh.com",
      "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----",
      "but that of ssh.com (convert it: ssh-keygen -i -f FILE).",
    ],
    ["nothing", "", "It is not the text of a private key."],
    ["another text", "my secret passphrase", "It is not the text of a private key."],
    [
      "dashes that are missing",
      pem.replace("-----BEGIN", "--BEGIN"),
      "not the text of a private key: its first line is not as it was.",
    ],
    ["another word", pem.replace("END", "FIN"), "is missing."],
    ["a byte order mark", `\ufeff${pem}`, "The private key does not begin at the beginning of a line."],
  ])("what is no private key, and says what it is: %s", (_what, text, reason) => {
    const { error } = inspectPrivateKey(text);
    expect(error).toContain(reason);
    expect(error?.endsWith(` ${remedy}`)).toBe(true);
  });

  it.each<[string, string, string]>([
    [
      "encrypted as PKCS #8",
      rsa.export({ type: "pkcs8", format: "pem", ...old }) as string,
      "is encrypted as PKCS #8, which the SSH client does not read. Have `ssh-keygen -p -f FILE` write it in OpenSSH's format",
    ],
    [
      "behind EC PARAMETERS",
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${ec.export({ type: "sec1", format: "pem" }) as string}`,
      "It begins with EC PARAMETERS",
    ],
    [
      "of another curve",
      generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey.export({
        type: "sec1",
        format: "pem",
      }) as string,
      "of a kind that SSH does not have",
    ],
    [
      "ed448",
      generateKeyPairSync("ed448").privateKey.export({ type: "pkcs8", format: "pem" }) as string,
      "of a kind that SSH does not have",
    ],
    [
      "encrypted by another cipher",
      ed25519KeyPair({ ...encryption, cipher: "aes128-ctr" }).private,
      "is encrypted in a way that the SSH client does not read. Have `ssh-keygen -p -Z aes256-ctr -f FILE`",
    ],
  ])("a key that the SSH client cannot use: %s", (_what, text, reason) => {
    expect([inspectPrivateKey(text).error, inspectPrivateKey(text, "p").error].join("\n")).toContain(reason);
  });
});

describe("inspectPrivateKey", () => {
  it("never quotes a key, whatever is done to it", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...keys.map(([, key]) => key), ...encrypted.map(([, key]) => key)),
        fc.nat(),
        fc.nat({ max: 80 }),
        fc.constantFrom("", " ", "\n", "x", "-----"),
        (key, at, count, put) => {
          const start = at % key.length;
          const changed = key.slice(0, start) + put + key.slice(start + count);
          const { error = "" } = inspectPrivateKey(changed, "p");
          const parts = lines(key).filter((line) => line.length > 20 && !line.startsWith("-----"));
          expect(parts.filter((part) => error.includes(part.slice(0, 12)))).toEqual([]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("takes any text", () => {
    fc.assert(
      fc.property(anyText(), anyText(), (label, body) => {
        const texts = [label, `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----`];
        for (const text of texts) {
          expect(inspectPrivateKey(text).error).toMatch(/^[^\n\r]+$/);
        }
      }),
    );
  });
});

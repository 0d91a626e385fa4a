import { CompressionPreset } from "./compression";
import { type ValidationError, checkWord } from "./validationError";
import { findOption, releasesReading } from "./options";
import { type Knows, browser, knowsAll, longestBaseUrl } from "./baseUrl";
import type { Release } from "./releases";
import { Role } from "../contract";
import { hasCredentials, hostReasons, parseWebUrl, shownUrl } from "./urls";
import { encodeText } from "./value";

/** What contradicts itself or does not hold among the settings of guests' consoles. */
interface GuestConsole {
  /** Whether guests take TLS connections alone. */
  readonly requireSecure?: boolean;
  /** Whether nobody uses the HTML5 client, which has no TLS up to the guest. */
  readonly nativeClientsOnly?: boolean;
  /** Where a proxy for native clients hands out `.vv` files. */
  readonly spiceDirectProxyBaseUrl?: string;
  /** How SPICE servers compress; only its preset's name is looked at here. */
  readonly compression?: { readonly preset?: string };
}

/**
 * Validation errors between the settings of guests' consoles; what each option takes by itself is the fragment's.
 *
 * @param path put before the path of each validation error
 * @param knows which of the settings are known
 */
export function checkGuestConsole(
  settings: GuestConsole,
  path = "",
  knows: Knows = knowsAll,
): readonly ValidationError[] {
  const { requireSecure, nativeClientsOnly, spiceDirectProxyBaseUrl, compression } = settings;
  const errors: ValidationError[] = [];
  if (requireSecure === true && nativeClientsOnly !== true && knows("nativeClientsOnly")) {
    errors.push({
      path: `${path}requireSecure`,
      reason:
        "It is true, and the guest then refuses nova-spicehtml5proxy, which speaks plain SPICE to it: every HTML5 console would stop. " +
        "Take it out, or say nativeClientsOnly where users have native clients alone.",
    });
  }
  if (spiceDirectProxyBaseUrl !== undefined) {
    errors.push(...checkDirectUrl(spiceDirectProxyBaseUrl, `${path}spiceDirectProxyBaseUrl`));
  }
  const presets = Object.values(CompressionPreset);
  return [...errors, ...checkWord(compression?.preset, presets, `${path}compression.preset`, "no preset")];
}

/** Nova hands it out with `?token=`, as it does with the HTML5 proxy's. */
function checkDirectUrl(text: string, path: string): readonly ValidationError[] {
  const plain = encodeText(text, path);
  if (plain.value === undefined) {
    return plain.errors;
  }
  const example = "Write it like https://kerbside.example.org:13002/nova.";
  if (hasCredentials(text)) {
    return [{ path, reason: "It has a user name or password, which every user of a console would see. Take it out." }];
  }
  const named = shownUrl(text);
  const url = parseWebUrl(text);
  if (url === undefined) {
    return [{ path, reason: `${named} is no http or https URL. ${example}` }];
  }
  const reasons = [...hostReasons(text, url, browser)];
  if (url.search !== "" || /[?#]/.test(text)) {
    reasons.push("has a query or fragment, and Nova would put ?token= behind it. Take it out.");
  }
  if (text.length > longestBaseUrl) {
    reasons.push(
      `has ${text.length} characters, and Nova keeps at most ${longestBaseUrl} in its database. Shorten it.`,
    );
  }
  return reasons.map((reason) => ({ path, reason: `${named} ${reason}` }));
}

/**
 * Whether the lifetime of consoles' tokens is an option of a role: of computes from Rocky on, of controllers up to Stein. Where the release is not known
 * it is the computes' alone, and a node of an older release refuses it.
 */
export function takesTokenTtl(role: Role, release: Release | undefined): boolean {
  const option = findOption("consoleauth", "token_ttl");
  const read = option === undefined ? undefined : releasesReading(role, option);
  return release === undefined
    ? role === Role.Compute
    : read !== undefined && release >= read.first && release <= read.last;
}

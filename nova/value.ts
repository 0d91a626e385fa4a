import { isIpLiteral } from "./cidr";
import { type Checked, checkSize, invalid, shown, valid } from "./validationError";
import { isHostName } from "./hosts";
import { type NovaOption, OptionType } from "./optionTypes";
import { hasCredentials } from "./urls";

/** What a user gives as an option's value. A text is also read as a boolean or number where the option is one, since stack configuration is text. */
export type OptionValue = string | number | boolean | readonly string[];

/**
 * Writes a text the way it has to stand after `key = ` in a file that oslo.config reads, so that it reads back exactly that text:
 * a dollar sign is doubled, and a value with outer spaces or outer quotes gets a pair of quotes, of which oslo.config takes off one.
 *
 * Texts that this syntax cannot hold, and all but printable ASCII, are refused.
 *
 * Source: oslo_config/iniparser.py (`_split_key_value`) and oslo_config/cfg.py (`_substitute`), the same from 3.9 to 10.
 *
 * @param path where the value stands in the arguments
 */
export function encodeText(text: string, path: string): Checked<string> {
  const strange = /[^\x20-\x7e]/u.exec(text);
  if (strange !== null) {
    const code = (strange[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    return invalid({
      path,
      reason:
        `It holds the character U+${code} at position ${strange.index + 1}. ` +
        "A value in nova.conf is one line of printable ASCII. Take the character out.",
    });
  }
  // After a backslash a doubled dollar would be read as three: there, `\$` is the way to write one.
  const escaped = text.replace(/(\\?)\$/g, (_, backslash: string) => (backslash === "" ? "$$" : "\\\\$"));
  const written = needsQuotes(escaped) ? `"${escaped}"` : escaped;
  const errors = checkSize(written.length, "value", path);
  return errors.length > 0 ? invalid(...errors) : valid(written);
}

/** Whether oslo.config would take something off the ends. */
function needsQuotes(text: string): boolean {
  const first = text.charAt(0);
  return text !== text.trim() || ((first === '"' || first === "'") && text.endsWith(first));
}

/**
 * Checks a value against the option's type and writes it in oslo.config's syntax.
 *
 * @param path where the value stands in the arguments
 */
export function encodeValue(option: NovaOption, value: OptionValue, path: string): Checked<string> {
  const refuse = (rule: string): Checked<string> =>
    invalid({ path, reason: `${shown(value)} is no value for [${option.section}] ${option.name}. ${rule}` });
  if (option.type === OptionType.List) {
    return encodeList(value, path, refuse);
  }
  if (typeof value === "object") {
    return refuse("Give one value, not a list.");
  }
  const text = String(value);
  switch (option.type) {
    case OptionType.Boolean:
      return text === "true" || text === "false" ? valid(text) : refuse("Give true or false.");
    case OptionType.Integer:
      return encodeInteger(text, option.min ?? Number.MIN_SAFE_INTEGER, option.max ?? Number.MAX_SAFE_INTEGER, refuse);
    case OptionType.Port:
      return encodeInteger(text, 1, 65535, refuse);
    case OptionType.Choice:
      return option.choices?.includes(text) === true
        ? valid(text)
        : refuse(`Give one of ${(option.choices ?? []).join(", ")}.`);
    case OptionType.Uri:
      if (hasCredentials(text)) {
        return invalid({ path, reason: "It has a user name or password, which others would see. Take it out." });
      }
      return URL.canParse(text) && !/\s/.test(text)
        ? encodeText(text, path)
        : invalid({ path, reason: "It is no absolute URL. Give one, such as http://host:port/path." });
    case OptionType.Host:
      return isIpLiteral(text) || isHostName(text) ? valid(text) : refuse("Give an IP address or a host name.");
    case OptionType.Text:
      return encodeText(text, path);
  }
}

function encodeInteger(
  text: string,
  min: number,
  max: number,
  refuse: (rule: string) => Checked<string>,
): Checked<string> {
  const number = /^-?(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : NaN;
  if (number >= min && number <= max) {
    return valid(text);
  }
  const from = min > Number.MIN_SAFE_INTEGER ? ` from ${min}` : "";
  const to = max < Number.MAX_SAFE_INTEGER ? ` to ${max}` : "";
  return refuse(`Give a whole number${from}${to}.`);
}

/** oslo.config splits at every comma and strips each part, so a part with a comma or outer spaces, or an empty one, cannot be written. */
function encodeList(value: OptionValue, path: string, refuse: (rule: string) => Checked<string>): Checked<string> {
  const parts = typeof value === "object" ? value : [String(value)];
  return parts.some((part) => part === "" || part !== part.trim() || part.includes(","))
    ? refuse("Give a list whose parts are not empty and have no comma and no outer spaces.")
    : encodeText(parts.join(","), path);
}

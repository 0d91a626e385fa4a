import { type ValidationError, checkWord } from "./validationError";

/** What becomes of the noVNC consoles that are there. */
export enum Vnc {
  /** `[vnc] enabled` and the noVNC proxy are left as they are. */
  Keep = "keep",
  /** VNC stays on next to SPICE, and both proxies run: no console is lost. */
  Alongside = "alongside",
  /** VNC is switched off: a guest gets SPICE with its next hard reboot, and has no console until then. */
  Off = "off",
}

/**
 * Validation errors of a value for {@link Vnc}. A stack's configuration is text, and an unknown word must never be taken for one that switches VNC off.
 *
 * @param path where the value stands in the arguments
 */
export function checkVnc(vnc: string, path: string): readonly ValidationError[] {
  return checkWord(vnc, Object.values(Vnc), path, "no way to treat VNC");
}

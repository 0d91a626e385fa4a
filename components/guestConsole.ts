import { type GuestConsoleWishes, type GuestProperties, guestProperties } from "../nova";
import { rejectValidationErrors } from "./validation/errors";

/**
 * What images and flavors have to say so that a guest's console has what is asked for: resolution, sound, USB redirection, pointer. Plain objects for
 * `properties` of an `openstack.images.Image` and `extraSpecs` of an `openstack.compute.Flavor`.
 *
 * @throws RunError that lists each wish that the release or the client does not have, and why
 */
export function guestConsole(wishes: GuestConsoleWishes): GuestProperties {
  const { value, errors } = guestProperties(wishes);
  rejectValidationErrors("guestConsole", errors);
  return value ?? { imageProperties: {}, extraSpecs: {} };
}

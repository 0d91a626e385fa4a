import { type ProgramLanguage, programLanguage } from "../../host/program";

/** Which of the two node programs the tests are about: OPENSTACK_SPICE_PROGRAM, or what vitest.config.mts says. */
export const testedProgram: ProgramLanguage = programLanguage();

/** What differs between the two programs, of the one that is tested. */
export function ofProgram<T>(texts: Readonly<Record<ProgramLanguage, T>>): T {
  return texts[testedProgram];
}

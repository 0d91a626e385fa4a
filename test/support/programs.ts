import { type ProgramLanguage, programLanguage } from "../../remote/program";

/** Which of the two node programs the tests are about: OPENSTACK_SPICE_PROGRAM, or what vitest.config.mts says. */
export const testedProgram: ProgramLanguage = programLanguage();

/** What differs between the two programs, of the one that is tested. */
export function ofProgram<T>(texts: Readonly<Record<ProgramLanguage, T>>): T {
  return texts[testedProgram];
}

/**
 * Whether the tests of what the outside trial found run: with the program in Python, and with the one in bash, which has these defects, where
 * OPENSTACK_SPICE_TRIAL=1 asks to see each of them fail.
 */
export const isTrialRun = testedProgram === "python" || process.env["OPENSTACK_SPICE_TRIAL"] === "1";

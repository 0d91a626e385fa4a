import { type ProgramLanguage, programLanguage } from "../../host/program";

/** Which of the two node programs the tests are about: OPENSTACK_SPICE_PROGRAM, or what vitest.config.mts says. */
export const testedProgram: ProgramLanguage = programLanguage();

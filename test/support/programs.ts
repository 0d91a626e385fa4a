/**
 * Which of the two node programs the tests are about: OPENSTACK_SPICE_PROGRAM, `bash` or `python`. To switch what is tested where nothing is said, change
 * this one line.
 */
export const testedProgram: TestedProgram = chosen(process.env["OPENSTACK_SPICE_PROGRAM"] ?? "bash");

export type TestedProgram = "bash" | "python";

function chosen(text: string): TestedProgram {
  if (text !== "bash" && text !== "python") {
    throw new Error(`OPENSTACK_SPICE_PROGRAM is '${text}'. Set it to bash or python, or leave it out.`);
  }
  return text;
}

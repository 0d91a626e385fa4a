import { describe, expect, it } from "vitest";
import { hostProgram } from "../../../remote/program";
import { sudoersFile } from "../../../remote/sudoers";

describe("sudoersFile", () => {
  const text = sudoersFile("ops");

  it("names the program by its whole digest, and nothing that a login user could write", () => {
    const { sha256 } = hostProgram();
    const [, , terminal, line, end] = text.split("\n");
    expect(terminal).toBe("Defaults:ops !requiretty");
    expect(line).toMatch(/^ops ALL=\(root\) NOPASSWD: \/bin\/bash -c \{ .*; \} \S+\.sh \*, /);
    expect(line?.split(" } ").at(-1)).toBe(
      `/var/lib/openstack-spice/programs/${sha256}.sh *, /usr/local/sbin/openstack-spice status, /usr/local/sbin/openstack-spice revert *`,
    );
    expect(line).not.toContain("/home");
    expect(end).toBe("");
  });

  it("escapes what sudoers would read as its own, and has no two blanks, which sudoers would make one", () => {
    const command = text.split("NOPASSWD: ")[1]?.split(" *, ")[0] ?? "";
    expect(command.replace(/\\[\\*?[\]!:,=#]/g, "x")).not.toMatch(/[\\*?[\]!:,=#]| {2}/);
  });

  it("is for a user or a group, and nothing else", () => {
    expect(sudoersFile("%spice-ops")).toContain("\n%spice-ops ALL=(root) NOPASSWD: ");
    for (const wrong of ["", "a b", "ops ALL=(ALL) NOPASSWD:ALL\nx", "ops,root"]) {
      expect(() => sudoersFile(wrong)).toThrow("is not a user's name. Give the name that connections log in with");
    }
  });
});

import { describe, expect, it } from "vitest";
import { bash42, runInBash } from "./support";

describe.skipIf(!bash42)("a run that is told to end when its record is written (needs bash 4.2 here)", () => {
  it("is not said to have put anything back", () => {
    const { status, stderr, stdout } = runInBash(
      `ROLE=controller
       mkdir -p "$(role_folder controller)"
       echo '# openstack-spice record 1' >"$(record_file controller)"
       : >"$(unfinished_file controller)"
       roll_back
       ls "$(role_folder controller)"`,
      {},
    );
    expect([status, stderr, stdout]).toEqual([0, "", "record\n"]);
  });
});

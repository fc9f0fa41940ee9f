import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { backendCases } from "../../src/conformance/index.ts";

const all = backendCases().length;

it("runs the same cases under node:test, where a stale waiver and a failing case fail the run", () => {
  const file = fileURLToPath(new URL("nodeSuite.ts", import.meta.url));
  const run = (kind: string): { status: number | null; tally: string[]; waived: boolean } => {
    const { status, stdout } = spawnSync(process.execPath, ["--test-reporter=tap", file, kind], {
      encoding: "utf8",
    });
    return {
      status,
      tally: stdout.match(/^# (?:pass|fail) [1-9]\d*$/gm) ?? [],
      waived: stdout.includes("[waived: "),
    };
  };
  expect(run("right")).toEqual({ status: 0, tally: [`# pass ${all}`], waived: false });
  expect(run("broken")).toEqual({
    status: 1,
    tally: [`# pass ${all - 1}`, "# fail 1"],
    waived: false,
  });
  expect(run("waived")).toEqual({ status: 0, tally: [`# pass ${all}`], waived: true });
  expect(run("stale")).toEqual({
    status: 1,
    tally: [`# pass ${all - 1}`, "# fail 1"],
    waived: true,
  });
});

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { backendCases, memoryStoreCases } from "../../src/conformance/index.ts";

const all = backendCases().length;
/** Four processes that run the whole kit, on a busy machine. */
const TIMEOUT_MS = 120_000;

/** What became of a run of the suite that the word names. */
function run(kind: string): {
  readonly status: number | null;
  readonly tally: readonly string[];
  readonly waived: boolean;
} {
  const file = fileURLToPath(new URL("nodeSuite.ts", import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, ["--test-reporter=tap", file, kind], {
    encoding: "utf8",
  });
  return {
    status,
    tally: stdout.match(/^# (?:pass|fail) [1-9]\d*$/gm) ?? [],
    waived: stdout.includes("[waived: "),
  };
}

it(
  "runs the same cases under node:test, where a stale waiver and a failing case fail the run",
  () => {
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
  },
  TIMEOUT_MS,
);

it(
  "runs the cases of memories under node:test",
  () => {
    const tally = [`# pass ${memoryStoreCases().length}`];
    expect(run("memories")).toEqual({ status: 0, tally, waived: false });
  },
  TIMEOUT_MS,
);

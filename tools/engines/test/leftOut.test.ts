import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { leftOut } from "../src/leftOut.ts";

test("PERDURE_WITHOUT names what is left out", () => {
  expect(leftOut("redis", { PERDURE_WITHOUT: "postgres, redis" })).toBe(
    "PERDURE_WITHOUT names redis",
  );
  expect(leftOut("redis", { PERDURE_WITHOUT: "postgres" })).toBeUndefined();
  expect(leftOut("redis", {})).toBeUndefined();
});

test("tests of an engine that is left out are shown as skipped, with the reason", async () => {
  const root = fileURLToPath(new URL("fixtures/standing", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "perdure-left-out-"));
  const file = join(folder, "results.json");
  const reported = ["--reporter=json", `--outputFile.json=${file}`];
  const child = spawn("vitest", ["run", "--root", root, ...reported], {
    env: { ...process.env, PERDURE_WITHOUT: "redis,postgres,pgbouncer" },
    stdio: "ignore",
  });
  await new Promise((resolve) => child.once("close", resolve));
  const report = readFileSync(file, "utf8");
  rmSync(folder, { recursive: true });
  const { testResults, numPendingTests, success } = JSON.parse(report) as {
    readonly success: boolean;
    readonly numPendingTests: number;
    readonly testResults: readonly {
      readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
    }[];
  };
  expect({ numPendingTests, success }).toEqual({ numPendingTests: 2, success: true });
  expect(testResults.flatMap(({ assertionResults }) => assertionResults)).toMatchObject([
    { fullName: "on Redis (left out: PERDURE_WITHOUT names redis) stands", status: "skipped" },
    {
      fullName: "on Postgres (left out: PERDURE_WITHOUT names postgres) stands",
      status: "skipped",
    },
  ]);
});

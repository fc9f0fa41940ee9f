import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

test("with extended traces on, steps, parallel calls, a wait and an approval are what they are without", async () => {
  const app = join(import.meta.dirname, "fixtures/app.ts");
  const { stdout } = await run(process.execPath, ["--disable-warning=ExperimentalWarning", app]);
  expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toEqual({
    status: "completed",
    messages: 6,
    steps: 3,
  });
});

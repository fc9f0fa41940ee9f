import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("../../src/testing/main.ts", import.meta.url));

function said(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("the test server says how it is used, and what it did not understand, without a trace", () => {
  const help = said("--help");
  expect(help).toEqual({
    status: 0,
    stdout: expect.stringMatching(/^Usage: perdure-test-inngest \[options\]\n/),
    stderr: "",
  });
  expect(said("-h")).toEqual(help);
  const wrong = said("--prot", "1");
  expect(wrong).toMatchObject({ status: 1, stdout: "" });
  expect(wrong.stderr).toMatch(/^Unknown option '--prot'/);
  expect(wrong.stderr).toContain(help.stdout);
  expect(wrong.stderr).not.toContain("    at ");
});

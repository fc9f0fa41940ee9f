import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { folderOf } from "../src/binaries.ts";
import { chromium, chromiumArguments } from "../src/chromium.ts";
import { type Machine, thisMachine } from "../src/machine.ts";

const folder = mkdtempSync(join(tmpdir(), "perdure-chromium-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A machine on which there is nothing. */
const bare: Machine = {
  env: { PATH: "" },
  isRoot: false,
  folders: [],
  servicePolicy: join(folder, "policy-rc.d"),
};

function withProgram(name: string, script: string): string {
  const bin = mkdtempSync(join(folder, "bin-"));
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
  return bin;
}

test("a browser that can't be had is one sentence that says how to get it", async () => {
  await expect(chromium(bare)).rejects.toThrow(
    /^No Chromium here: name one in PERDURE_CHROMIUM, or install it \(Debian: chromium\); PERDURE_WITHOUT=chromium leaves its tests out\.$/,
  );
  const env = { PERDURE_WITHOUT: "redis,chromium", PERDURE_CHROMIUM: "/opt/chrome" };
  await expect(chromium({ ...bare, env })).rejects.toThrow(
    /^Chromium is left out: PERDURE_WITHOUT names chromium\.$/,
  );
});

test("the environment's browser comes first, then one of PATH by any of its names", async () => {
  const PATH = withProgram("google-chrome", "exit 0");
  expect(await chromium({ ...bare, env: { PATH } })).toBe(join(PATH, "google-chrome"));
  const env = { PATH, PERDURE_CHROMIUM: "/opt/chrome" };
  expect(await chromium({ ...bare, env })).toBe("/opt/chrome");
});

test("root gets it from the system's packages, and starts it without a sandbox", async () => {
  const machine = thisMachine();
  const tools = join(folder, "tools");
  mkdirSync(tools);
  for (const name of ["sh", "cat", "chmod", "rm", "dirname"])
    symlinkSync(join(folderOf([name], machine) ?? "", name), join(tools, name));
  const bin = withProgram(
    "apt-get",
    `echo "$*" > "${folder}/installed"
cat "$0" > "$(dirname "$0")/chromium"; chmod 755 "$(dirname "$0")/chromium"`,
  );
  const root: Machine = { ...bare, isRoot: true, env: { PATH: [bin, tools].join(delimiter) } };
  expect(await chromium(root)).toBe(join(bin, "chromium"));
  expect(readFileSync(join(folder, "installed"), "utf8")).toMatch(/ chromium\n$/);
  expect(chromiumArguments(root)).toEqual(["--no-sandbox"]);
  expect(chromiumArguments(bare)).toEqual([]);
});

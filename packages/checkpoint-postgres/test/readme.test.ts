import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { describeOn } from "@perdure/engines/vitest";
import { expect, test } from "vitest";
import { testPlace } from "./database.ts";

const run = promisify(execFile);

describeOn("postgres", "the README's program", () => {
  test("shows the message whenever it is run, and ends though it closes nothing", async () => {
    const { url, schema } = testPlace();
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    const [, program = ""] = /```ts\n([^]*?)```/.exec(readme) ?? [];
    const here = program.replaceAll(
      /"postgres:\/\/[^"]*"/g,
      JSON.stringify(`${url}?schema=${schema}`),
    );
    const words = [
      "--disable-warning=ExperimentalWarning",
      "--input-type=module-typescript",
      "-e",
      here,
    ];
    const cwd = new URL("..", import.meta.url);
    for (let time = 0; time < 2; time += 1) {
      const { stdout } = await run(process.execPath, words, { cwd });
      expect(stdout).toBe("{ messages: [ { role: 'user', content: 'hello' } ] }\n");
    }
  });
});

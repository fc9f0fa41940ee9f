import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { sqliteBackend } from "@perdure/checkpoint-sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { killLoop } from "../drills/file.ts";
import { answerOf } from "./asking.ts";
import { drivers, testFile } from "./folder.ts";

const PROCESSES = 4;

describe.each(drivers)("several processes on one file, %s", (driver) => {
  const start = (path: string, id: number, job: string, count: number): ChildProcess => {
    const script = new URL("child.ts", import.meta.url);
    const child = fork(script, [path, driver, String(id), job, String(count)], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  };
  const inProcesses = (path: string, job: string, count: number): Promise<unknown[]> =>
    Promise.all(
      Array.from({ length: PROCESSES }, async (_, id) => {
        const [result] = (await once(start(path, id, job, count), "message")) as [unknown];
        return result;
      }),
    );

  test("64 setups of a fresh file from all of them at once all succeed, 20 times", async () => {
    const path = await testFile();
    const children = Array.from({ length: PROCESSES }, (_, id) => start(path, id, "setup", 16));
    for (let round = 0; round < 20; round += 1) {
      const file = `${path}.${round}`;
      const refused = children.map((child) => answerOf(child, file));
      expect(await Promise.all(refused)).toEqual([0, 0, 0, 0]);
      await using backend = sqliteBackend({ path: file, driver });
      await backend.setup("verify");
    }
    for (const child of children) child.send("");
  });

  test("every write of every process is there, in one order, at consecutive revisions", async () => {
    const path = await testFile();
    await using backend = sqliteBackend({ path, driver });
    await backend.setup("create");
    await inProcesses(path, "append", 50);
    const page = await backend.scan("shared", { from: "m/", to: "m0", limit: 1000 }, 0);
    expect(page.records.map(({ revision }) => revision)).toEqual(
      Array.from({ length: PROCESSES * 50 }, (_, index) => index + 1),
    );
    const values = page.records.map(({ value }) => new TextDecoder().decode(value));
    for (let id = 0; id < PROCESSES; id += 1)
      expect(values.filter((value) => value.startsWith(`${id}:`))).toEqual(
        Array.from({ length: 50 }, (_, index) => `${id}:${index}`),
      );
  });

  test("of a record that all of them want to create, one creates it, in every round", async () => {
    const path = await testFile();
    await using backend = sqliteBackend({ path, driver });
    await backend.setup("create");
    const won = (await inProcesses(path, "race", 50)) as number[][];
    const owners = await backend.read(
      "shared",
      Array.from({ length: 50 }, (_, round) => `r/${round}`),
      0,
    );
    expect(owners.map((record) => new TextDecoder().decode(record?.value))).toEqual(
      Array.from({ length: 50 }, (_, round) => String(won.findIndex((r) => r.includes(round)))),
    );
    expect(won.flat()).toHaveLength(50);
  });

  test("killed while they write, processes lose no acknowledged write, leave none in part, and double none that another one does again", async () => {
    const { passed, line } = await killLoop(driver, 5, 1);
    expect({ passed, line }).toEqual({ passed: true, line: expect.stringContaining("0 lost") });
  });
});

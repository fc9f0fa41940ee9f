import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { StreamEvent } from "@perdure/checkpoint-core";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { drivers, testFile } from "./folder.ts";

const BATCHES = 40;
const expected = Array.from({ length: 3 * BATCHES }, (_, at) => [at, at]);

async function resultOf(child: ChildProcess): Promise<unknown> {
  const [{ result }] = (await once(child, "message")) as [{ readonly result: unknown }];
  return result;
}

async function eventsOf(events: AsyncIterable<StreamEvent>): Promise<unknown> {
  const seen: unknown[] = [];
  for await (const { index, value } of events) seen.push([index, value]);
  return seen;
}

describe.each(drivers)("stores of several processes on one file, %s", (driver) => {
  const start = (path: string, job: string, name: string, count = ""): ChildProcess => {
    const script = new URL("storeChild.ts", import.meta.url);
    const child = fork(script, [path, driver, job, name, count], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  };
  test("followers in other processes than the writer get every event once, though it is killed in the middle and comes back", {
    timeout: 60_000,
  }, async () => {
    const path = await testFile();
    await using store = sqliteStore({ path, driver });
    const elsewhere = resultOf(start(path, "follow", "s"));
    const here = eventsOf(store.streams.follow("s"));
    for (const killedAt of ["0", "5", "17"]) {
      const [, signal] = (await once(start(path, "write", "s", killedAt), "exit")) as unknown[];
      expect(signal).toBe("SIGKILL");
    }
    expect(await resultOf(start(path, "write", "s"))).toBe(3 * BATCHES);
    expect(await elsewhere).toEqual(expected);
    expect(await here).toEqual(expected);
  });

  test("of many effects that four processes race for, each is done by one of them", {
    timeout: 60_000,
  }, async () => {
    const path = await testFile();
    {
      await using store = sqliteStore({ path, driver });
      await store.threads.create("t");
    }
    const done = await Promise.all(
      Array.from({ length: 4 }, () => resultOf(start(path, "once", "", "30"))),
    );
    const all = done.flat();
    expect(all).toHaveLength(30);
    expect(new Set(all)).toEqual(new Set(Array.from({ length: 30 }, (_, at) => `effect ${at}`)));
    await using store = sqliteStore({ path, driver });
    expect(await store.effects.unrecorded("t")).toEqual([]);
  });
});

import { fork } from "node:child_process";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { answerOf } from "./asking.ts";
import { drivers, testFile } from "./folder.ts";

const PUTS = 400;
const ROUNDS = 100;

/** What another process saw, and what it put then. */
interface Turn {
  readonly seen?: string;
  readonly put: number;
  readonly id: string;
}

describe.each(drivers)("the latest checkpoint, %s", (driver) => {
  const options = { driver, durability: "normal", waitMs: 60_000 } as const;

  test("each put by one of two handles on a file is the other's latest at once", async () => {
    const path = await testFile();
    await using one = sqliteStore({ path, ...options });
    await using other = sqliteStore({ path, ...options });
    let stale = 0;
    for (let put = 1; put <= PUTS; put += 1) {
      const [writer, reader] = put % 2 ? [one, other] : [other, one];
      const id = await writer.checkpoints.put("t", { put });
      const record = await reader.checkpoints.record("t");
      const state = await reader.checkpoints.get("t");
      if (record?.id !== id || (state as { readonly put: number }).put !== put) stale += 1;
    }
    expect(stale).toBe(0);
  });

  test("each put by one of two processes is the other's latest at once", async () => {
    const path = await testFile();
    await using store = sqliteStore({ path, ...options });
    const script = new URL("storeChild.ts", import.meta.url);
    const child = fork(script, [path, driver, "pong", "t", String(2 * ROUNDS)], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    for (let put = 1; put < 2 * ROUNDS; put += 2) {
      const id = await store.checkpoints.put("t", { put });
      const turn = (await answerOf(child, "go")) as Turn;
      expect(turn).toEqual({ seen: id, put: put + 1, id: turn.id });
      expect((await store.checkpoints.record("t"))?.id).toBe(turn.id);
      expect(await store.checkpoints.get("t")).toEqual({ put: put + 1 });
    }
  });
});

import { createStore, partitionName, type Store } from "@perdure/checkpoint-core";
import { dynamoBackend } from "@perdure/checkpoint-dynamodb";
import { describeOn } from "@perdure/engines/vitest";
import { expect, onTestFinished, test } from "vitest";
import { cutClient } from "./faults.ts";
import { itemsIn } from "./items.ts";
import { client, testTable } from "./tables.ts";

/** Ten times as many in the drills. */
const RECORDS = process.env["DRILLS"] === "1" ? 10_000 : 1_000;
const HOUR = 60 * 60 * 1000;

describeOn("dynamodb", `a thread of ${RECORDS} records`, () => {
  test("that is deleted by processes which die at their first call to it, their second and so on is gone from the tombstone on, and maintain finishes it", async () => {
    const table = testTable();
    const backend = dynamoBackend({ client, table });
    // Who looks next does so two hours later: work that has just failed is not due at once.
    let attempts = 0;
    const now = (): number => Date.now() + 2 * (attempts + 1) * HOUR;
    const whole = createStore({ backend, now });
    await whole.threads.create("t");
    const partition = partitionName("t", [undefined, "t"]);
    expect(await itemsIn(table, partition)).not.toEqual([]);
    for (let left = RECORDS; left > 0; left -= 99)
      await backend.write(partition, {
        writes: Array.from({ length: Math.min(99, left) }, () => ({
          op: "append",
          prefix: "z/",
          value: Buffer.alloc(20),
        })),
        now: 0,
      });
    let deleted = false;
    for (let calls = 1; (await itemsIn(table, partition)).length > 1; calls += 1) {
      attempts += 1;
      await cut({ table, partition, calls, now }, async (store) => {
        if (deleted) await store.maintain({ ms: HOUR });
        else await store.threads.delete("t", { operationId: "o" });
      });
      deleted ||= (await whole.threads.get("t")) === undefined;
      if (deleted) {
        const put = whole.checkpoints.put("t", { late: true });
        await expect(put).rejects.toMatchObject({ code: "DELETED" });
      }
    }
    expect(deleted).toBe(true);
    expect(attempts).toBeGreaterThan(RECORDS / 500);
    attempts += 1;
    expect((await whole.maintain({ ms: HOUR })).failed).toEqual([]);
    expect(await itemsIn(table, partition)).toEqual(["#"]);
    expect(await whole.maintain({ ms: HOUR })).toMatchObject({ more: false, failed: [] });
  }, 300_000);
});

/** Work of a process that dies at this call to the partition. */
async function cut(
  {
    table,
    partition,
    calls,
    now,
  }: {
    readonly table: string;
    readonly partition: string;
    readonly calls: number;
    readonly now: () => number;
  },
  work: (store: Store) => Promise<void>,
): Promise<void> {
  const line = cutClient(calls, JSON.stringify(partition));
  onTestFinished(() => line.destroy());
  const store = createStore({ backend: dynamoBackend({ client: line, table }), now });
  try {
    await work(store);
  } catch (error) {
    if ((error as { readonly code?: string }).code !== "UNAVAILABLE") throw error;
  }
}

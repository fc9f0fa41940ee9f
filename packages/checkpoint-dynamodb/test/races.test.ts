import { createStore, keyAt, prefixRange } from "@perdure/checkpoint-core";
import { dynamoBackend } from "@perdure/checkpoint-dynamodb";
import { describeOn } from "@perdure/engines/vitest";
import { expect, onTestFinished, test } from "vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { faultyClient } from "./faults.ts";
import { client, testTable } from "./tables.ts";

const RACERS = 64;

describeOn("dynamodb", "racers that know nothing of each other", () => {
  test("64 that append to one partition all land, in an order without holes", async () => {
    const table = testTable();
    await dynamoBackend({ client, table }).setup("create");
    const racers = Array.from({ length: RACERS }, () =>
      dynamoBackend({ client, table, waitMs: 60_000 }),
    );
    const value = Buffer.alloc(1500);
    const landed = await Promise.all(
      racers.map((racer) =>
        racer.write("p", { writes: [{ op: "append", prefix: "m/", value }], now: 0 }),
      ),
    );
    const revisions = landed.map(({ revision }) => revision).toSorted((a, b) => a - b);
    expect(revisions).toEqual(Array.from({ length: RACERS }, (_, index) => index + 1));
    const page = await racers[0]?.scan("p", { ...prefixRange("m/"), limit: 100 }, 0);
    expect(page?.records.map(({ key }) => key)).toEqual(revisions.map((at) => keyAt("m/", at, 0)));
  });

  test("two writers with the way of two regions between them have one winner", async () => {
    const table = testTable();
    await dynamoBackend({ client, table }).setup("create");
    let written: (() => void) | undefined;
    const farLine = faultyClient({
      before: () => sleep(70),
      async after(command) {
        if (command !== "GetItem" && command !== "Query") written?.();
        await sleep(70);
      },
    });
    onTestFinished(() => farLine.destroy());
    const near = createStore({ backend: dynamoBackend({ client, table }) });
    const far = createStore({ backend: dynamoBackend({ client: farLine, table }) });
    let head = await near.checkpoints.put("t", { round: 0 });
    const winners = new Set<string>();
    for (let round = 1; round <= 6; round += 1) {
      // In every other round the far one's write is there when the near one begins, and its answer still on the way.
      const there = new Promise<void>((resolve) => (written = resolve));
      const put = async (by: string, store: typeof near): Promise<string> => {
        if (by === "near" && round % 2 === 0) await there;
        return store.checkpoints.put("t", { round, by }, { expectedHead: head });
      };
      const outcomes = await Promise.allSettled([put("near", near), put("far", far)]);
      const won = outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      const lost = outcomes.flatMap((one) =>
        one.status === "rejected" ? [one.reason as { readonly code: string }] : [],
      );
      expect(lost.map(({ code }) => code)).toEqual(["CONFLICT"]);
      expect(won).toHaveLength(1);
      const state = await near.checkpoints.get<{ readonly by: string }>("t");
      expect(await far.checkpoints.get("t")).toEqual(state);
      winners.add(state?.by ?? "nobody");
      head = won[0] ?? "";
    }
    expect(winners).toEqual(new Set(["near", "far"]));
  });

  test("a writer that never gets its turn gives up with ContentionError, and has written nothing", async () => {
    const table = testTable();
    const busy = dynamoBackend({ client, table });
    await busy.setup("create");
    const put = { op: "put", key: "a", value: Buffer.from("1"), expect: "any" } as const;
    const line = faultyClient({
      async before(command) {
        if (command === "PutItem") await busy.write("p", { writes: [put], now: 0 });
      },
    });
    onTestFinished(() => line.destroy());
    const slow = dynamoBackend({ client: line, table, waitMs: 200 });
    const other = { ...put, key: "b" };
    await expect(slow.write("p", { writes: [other], now: 0 })).rejects.toMatchObject({
      code: "CONTENTION",
      retryable: true,
    });
    expect(await busy.read("p", ["b"], 0)).toEqual([undefined]);
  });
});

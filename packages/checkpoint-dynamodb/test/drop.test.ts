import { type Backend, prefixRange, type Write } from "@perdure/checkpoint-core";
import { dynamoBackend } from "@perdure/checkpoint-dynamodb";
import { describeOn } from "@perdure/engines/vitest";
import { expect, onTestFinished, test } from "vitest";
import { cutClient } from "./faults.ts";
import { client, testTable } from "./tables.ts";
import { itemsIn } from "./items.ts";

const LIMITS = { ...prefixRange(""), limit: 10 };

describeOn("dynamodb", "a drop", () => {
  test("that is cut at each call hides everything from the first on, and another one finishes it", async () => {
    const records = 400;
    const table = testTable();
    const backend = dynamoBackend({ client, table });
    await backend.setup("create");
    for (let cut = 1; ; cut += 1) {
      const name = `p${cut}`;
      await fill(backend, name, records);
      const cutOff = cutAfter(table, cut);
      const outcome = await cutOff.drop(name, 0).then(
        () => "done",
        () => "cut",
      );
      if (cut > 2 || outcome === "done") {
        expect(await backend.scan(name, LIMITS, 0)).toEqual({ records: [] });
        expect(await backend.read(name, ["m", "m/"], 0)).toEqual([undefined, undefined]);
        await expect(backend.write(name, { writes: [late], now: 0 })).rejects.toMatchObject({
          code: "DELETED",
        });
      }
      await backend.drop(name, 0);
      expect(await itemsIn(table, name)).toEqual(["#"]);
      if (outcome === "done") break;
    }
  });

  test("that was cut short brings nothing back when the partition is revived, and what it left is deleted", async () => {
    const table = testTable();
    const backend = dynamoBackend({ client, table });
    await backend.setup("create");
    await fill(backend, "p", 200);
    await expect(cutAfter(table, 3).drop("p", 0)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect((await itemsIn(table, "p")).length).toBeGreaterThan(1);
    expect(await backend.write("p", { writes: [late], now: 0, revive: true })).toEqual({
      revision: 4,
    });
    const { records } = await backend.scan("p", LIMITS, 0);
    expect(records.map(({ key }) => key)).toEqual(["a/b"]);
    expect(await itemsIn(table, "p")).toEqual(["#", "1/a/b"]);
  });
});

const late: Write = { op: "put", key: "a/b", value: Buffer.alloc(10), expect: "absent" };

async function fill(backend: Backend, name: string, records: number): Promise<void> {
  for (let left = records; left > 0; left -= 90)
    await backend.write(name, {
      writes: Array.from({ length: Math.min(90, left) }, () => ({
        op: "append",
        prefix: "m/",
        value: Buffer.alloc(10),
      })),
      now: 0,
    });
}

/** A backend whose process dies at this call. */
function cutAfter(table: string, calls: number): Backend {
  const line = cutClient(calls);
  onTestFinished(() => line.destroy());
  return dynamoBackend({ client: line, table });
}

import { randomBytes } from "node:crypto";
import { dynamoBackend, dynamoStore } from "@perdure/checkpoint-dynamodb";
import { describeOn } from "@perdure/engines/vitest";
import { expect, onTestFinished, test } from "vitest";
import { sizeOf } from "./service.ts";
import { client, newClient, testTable } from "./tables.ts";

const MB = 1024 * 1024;

describeOn("dynamodb", "what is larger than an item", () => {
  test("a state of 50 MB is kept and comes back, with no item above 400 KB", async () => {
    const table = testTable();
    const largest = { bytes: 0, items: 0 };
    const own = newClient();
    onTestFinished(() => own.destroy());
    own.middlewareStack.add(
      (next) => (args) => {
        const { Item, TransactItems = [] } = args.input as Puts;
        for (const item of [Item, ...TransactItems.map(({ Put }) => Put?.Item)])
          if (item) {
            largest.bytes = Math.max(largest.bytes, sizeOf(item));
            largest.items += 1;
          }
        return next(args);
      },
      { step: "initialize" },
    );
    const store = dynamoStore({ client: own, table });
    const state = { bytes: new Uint8Array(randomBytes(50 * MB)) };
    await store.checkpoints.put("t", state, { operationId: "o" });
    const read = await dynamoStore({ client, table }).checkpoints.get<typeof state>("t");
    expect(Buffer.compare(read?.bytes ?? Buffer.alloc(0), state.bytes)).toBe(0);
    expect(largest.bytes).toBeLessThanOrEqual(400 * 1024);
    expect(largest.items).toBeGreaterThan((50 * MB) / (400 * 1024));
  }, 180_000);

  test("a read of more than 4 MB is one instant all the same", async () => {
    const table = testTable();
    const backend = dynamoBackend({ client, table });
    await backend.setup("create");
    const keys = Array.from({ length: 20 }, (_, index) => `k/${index}`);
    for (const key of keys)
      await backend.write("p", {
        writes: [{ op: "put", key, value: Buffer.alloc(390 * 1024, key), expect: "absent" }],
        now: 0,
      });
    const records = await backend.read("p", [...keys, "none"], 0);
    expect(records.map((record) => record?.value.byteLength)).toEqual([
      ...keys.map(() => 390 * 1024),
      undefined,
    ]);
  });
});

interface Puts {
  readonly Item?: Parameters<typeof sizeOf>[0];
  readonly TransactItems?: readonly {
    readonly Put?: { readonly Item?: Parameters<typeof sizeOf>[0] };
  }[];
}

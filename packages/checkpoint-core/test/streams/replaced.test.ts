import { memoryBackend } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { wrapBackend } from "../wrap.ts";
import { codeOf, open } from "./desk.ts";

const ID = "s";

test.for([
  [10, 10],
  [10, 200],
  [130, 60],
  [130, 130],
  [130, 200],
])(
  "a reader is shown events of one stream only, when another user's is deleted and begins anew at any moment: %i events, a page of %i",
  async ([count = 0, limit = 0]) => {
    for (let due = 0; due < 8; due += 1) {
      const inner = memoryBackend();
      const ann = open(inner).for({ tenant: "x", user: "ann" });
      const bob = open(inner).for({ tenant: "x", user: "bob" });
      for (let at = 0; at < count; at += 1)
        await ann.streams.append(ID, [`ann ${at}`], { threadId: "hers" });
      let calls = 0;
      const turn = async (): Promise<void> => {
        calls += 1;
        if (calls !== due) return;
        await ann.threads.delete("hers");
        const his = Array.from({ length: 200 }, (_, at) => `bob ${at}`);
        await bob.streams.append(ID, his, { threadId: "his" });
      };
      const slow = wrapBackend(inner, {
        async read(...call) {
          await turn();
          return inner.read(...call);
        },
        async scan(...call) {
          await turn();
          return inner.scan(...call);
        },
      });
      const reader = open(slow).for({ tenant: "x", user: "bob" });
      const page = await reader.streams.read(ID, 0, limit).catch(() => undefined);
      const values = page?.events.map(({ value }) => value) ?? [];
      expect(values, `before call ${due}`).toEqual(values.map((_, at) => `bob ${at}`));
    }
  },
);

test("a follower that went on in another stream's events is told that its own is gone", async () => {
  const inner = memoryBackend();
  const store = open(inner);
  await store.streams.append(ID, ["a0"], { threadId: "t" });
  const events = store.streams.follow(ID);
  expect(await events.next()).toMatchObject({ value: { index: 0, value: "a0" } });
  await store.threads.delete("t");
  await store.streams.append(ID, ["b0", "b1"], { threadId: "other" });
  expect(await codeOf(events.next())).toBe("DELETED");
});

test("large events come in pages that do not grow with their number", async () => {
  const { streams } = open();
  const text = "x".repeat(1024 * 1024);
  for (let at = 0; at < 20; at += 1) await streams.append(ID, [`${at} ${text}`]);
  const found: number[] = [];
  for (let next = 0, ended = false; !ended && next < 20; ) {
    const page = await streams.read(ID, next, 100);
    expect(page.events.length).toBeLessThanOrEqual(8);
    found.push(...page.events.map(({ index }) => index));
    ({ next, ended } = page);
  }
  expect(found).toEqual(Array.from({ length: 20 }, (_, at) => at));
  await streams.end(ID);
  let followed = 0;
  for await (const { index } of streams.follow(ID)) followed += index === followed ? 1 : 0;
  expect(followed).toBe(20);
});

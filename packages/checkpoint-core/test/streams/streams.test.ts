import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { describe, expect, test } from "vitest";
import { ManualTimer } from "../manualTimer.ts";
import { randomFrom, Scheduler } from "../runs/scheduler.ts";
import { losingAcknowledgements, wrapBackend } from "../wrap.ts";
import { codeOf, counting, gather, open } from "./desk.ts";

const HOUR = 3_600_000;

describe("append and read", () => {
  test("answers the first of dense indexes, and reads from any of them", async () => {
    const { streams } = open();
    expect(await streams.append("s", [0, 1, 2])).toEqual({ first: 0, next: 3, replayed: false });
    expect(await streams.append("s", [3, 4])).toEqual({ first: 3, next: 5, replayed: false });
    for (let from = 0; from < 7; from += 1)
      for (let limit = 1; limit < 7; limit += 1) {
        const events = counting(5).slice(from, from + limit);
        const next = from + events.length;
        expect(await streams.read("s", from, limit)).toEqual({ events, next, ended: false });
      }
    expect(await streams.read("nobody")).toEqual({ events: [], next: 0, ended: false });
    expect(await streams.get("nobody")).toBeUndefined();
  });

  test("a warm append is one call to the engine: the head and a batch", async () => {
    const calls: string[] = [];
    const inner = memoryBackend();
    const backend = wrapBackend(inner, {
      read: (...call) => (calls.push("read"), inner.read(...call)),
      scan: (...call) => (calls.push("scan"), inner.scan(...call)),
      write: (...call) => (calls.push(`write ${call[1].writes.length}`), inner.write(...call)),
    });
    const { streams } = open(backend);
    // The first of a day that is named is noted.
    await streams.append("s", ["a"], { operationId: "first" });
    calls.length = 0;
    await streams.append("s", ["b"]);
    await streams.append("s", ["c"], { operationId: "o" });
    expect(calls).toEqual(["write 2", "write 3"]);
  });

  test("cuts what is large between events, and refuses what one write cannot hold", async () => {
    const { streams } = open();
    const events = Array.from({ length: 40 }, (_, at) => `${at}`.padEnd(10_000, "x"));
    await streams.append("s", events);
    const { events: read } = await streams.read("s", 0, 100);
    expect(read.map(({ value }) => value)).toEqual(events);
    const small = open(memoryBackend({ limits: { maxWrites: 8 } }));
    expect(await codeOf(small.streams.append("s", events))).toBe("TOO_LARGE");
    expect(await small.streams.get("s")).toBeUndefined();
  });

  test("a lost acknowledgement costs nothing: the retry with the same operation id gets the first place", async () => {
    for (let lost = 0; lost < 8; lost += 1) {
      const backend = losingAcknowledgements(memoryBackend(), (index) => index === lost);
      const { streams } = open(backend);
      for (let batch = 0; batch < 3; batch += 1) {
        const write = (): ReturnType<typeof streams.append> =>
          streams.append("s", [2 * batch, 2 * batch + 1], {
            operationId: `o${batch}`,
            threadId: "t",
          });
        const { first } = await write().catch(write).catch(write);
        expect(first).toBe(2 * batch);
      }
      expect((await streams.read("s")).events).toEqual(counting(6));
    }
  });

  test("writers in several processes, cut off and killed anywhere, leave dense indexes and nothing twice", async () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const backend = memoryBackend();
      const scheduler = new Scheduler(backend, randomFrom(seed), 5);
      const acknowledged = new Set<string>();
      for (const writer of ["a", "b", "c"])
        scheduler.spawn(async (own) => {
          const { streams } = open(own);
          for (let at = 0; at < 4; at += 1)
            for (let tries = 0; tries < 4; tries += 1) {
              const events = [`${writer}${at}`, `${writer}${at}'`];
              const operationId = `${writer}${at}`;
              const done = await streams
                .append("s", events, { operationId })
                .catch(() => undefined);
              if (!done) continue;
              acknowledged.add(operationId);
              break;
            }
        });
      await scheduler.run();
      const { events } = await open(backend).streams.read("s");
      const values = events.map(({ value }) => value as string);
      expect(events.map(({ index }) => index)).toEqual(events.map((_, at) => at));
      expect(new Set(values).size, `seed ${seed}`).toBe(values.length);
      for (const operationId of acknowledged) {
        const at = values.indexOf(operationId);
        expect(values[at + 1], `seed ${seed}`).toBe(`${operationId}'`);
      }
    }
  });
});

describe("the end of a stream", () => {
  test("nothing is written after it, and ending again changes nothing", async () => {
    const { streams } = open();
    await streams.append("s", [0], { operationId: "o" });
    const ended = await streams.end("s");
    expect(ended).toEqual({ id: "s", next: 1, ended: true, createdAt: new Date(1000) });
    expect(await streams.end("s")).toEqual(ended);
    expect(await codeOf(streams.append("s", [1]))).toBe("ENDED");
    expect(await streams.append("s", [0], { operationId: "o" })).toEqual({
      first: 0,
      next: 1,
      replayed: true,
    });
    expect(await streams.read("s")).toEqual({ events: counting(1), next: 1, ended: true });
    expect(await streams.read("s", 0, 1)).toEqual({ events: counting(1), next: 1, ended: true });
  });

  test("a stream that never had an event can end, and its followers finish", async () => {
    const { streams } = open();
    const { got, over } = gather(streams.follow("s"));
    await streams.end("s");
    expect([await over, got]).toEqual(["finished", []]);
  });
});

describe("lifetime", () => {
  test("counts from the last write; then readers, followers and writers are told, and maintain frees it", async () => {
    let now = HOUR;
    const backend = memoryBackend();
    const timer = new ManualTimer();
    const store = createStore({ backend, now: () => now, timer });
    const { streams } = store;
    await streams.append("s", [0], { ttlMs: 1000, operationId: "o" });
    const { got, over } = gather(streams.follow("s"));
    await timer.passed(0);
    now += 900;
    expect((await streams.append("s", [1])).first).toBe(1);
    now += 900;
    expect((await streams.read("s")).events).toEqual(counting(2));
    expect(await streams.get("s")).toMatchObject({ expiresAt: new Date(HOUR + 1900) });
    now += 100;
    await timer.passed(1000);
    expect([await over, got]).toEqual(["DELETED", counting(2)]);
    const told = async (): Promise<readonly string[]> =>
      Promise.all(
        [
          streams.read("s"),
          streams.get("s"),
          streams.append("s", [2]),
          streams.append("s", [2], { ttlMs: HOUR }),
          streams.end("s"),
          store.for({ tenant: "another" }).streams.read("s"),
        ].map(codeOf),
      );
    const due = ["DELETED", "DELETED", "DELETED", "DELETED", "DELETED", "answered"];
    expect(await told()).toEqual(due);
    now += HOUR;
    expect((await store.maintain({ ms: 1000 })).done).toMatchObject({ streams: 1 });
    expect(await told()).toEqual(due);
    const left = await backend.scan("s/-/1.s", { from: "!", to: "~", limit: 10 }, now);
    expect(left.records.map(({ key }) => key)).toEqual(["h"]);
    now -= 2 * HOUR;
    expect(await told()).toEqual(due);
  });

  test("maintain leaves a stream that was written to since, and comes again", async () => {
    let now = HOUR;
    const store = createStore({ backend: memoryBackend(), now: () => now });
    await store.streams.append("s", [0], { ttlMs: HOUR });
    for (let hour = 1; hour < 6; hour += 1) {
      now += HOUR - 1;
      await store.streams.append("s", [hour]);
      await store.maintain({ ms: 1000 });
    }
    expect((await store.streams.read("s")).events).toEqual(counting(6));
    now += 3 * HOUR;
    await store.maintain({ ms: 1000 });
    expect(await codeOf(store.streams.read("s"))).toBe("DELETED");
  });
});

test("an event that is missing is told as damage, to readers and followers, and never as the end", async () => {
  const backend = memoryBackend();
  const { streams } = open(backend);
  for (let at = 0; at < 3; at += 1) await streams.append("s", [2 * at, 2 * at + 1]);
  await streams.end("s");
  const page = await backend.scan("s/-/1.s", { from: "e/", to: "h", limit: 10 }, 0);
  for (const lost of [1, 0, 2]) {
    const record = page.records[lost];
    const { key = "", value = new Uint8Array() } = record ?? {};
    await backend.write("s/-/1.s", { writes: [{ op: "delete", key, expect: "present" }], now: 0 });
    expect(await codeOf(streams.read("s"))).toBe("CORRUPT");
    expect(await gather(streams.follow("s", 1)).over).toBe("CORRUPT");
    expect((await streams.read("s", 0, 2 * lost || 6).catch(() => ({ next: 0 }))).next).toBe(
      2 * lost,
    );
    await backend.write("s/-/1.s", {
      writes: [{ op: "put", key, value, expect: "absent" }],
      now: 0,
    });
    expect((await streams.read("s")).events).toEqual(counting(6));
  }
});

test("refuses bad input before anything is written", async () => {
  const { streams } = open();
  const bad = [
    streams.append("", [1]),
    streams.append("s", []),
    streams.append("s", "text" as unknown as unknown[]),
    streams.append("s", [1], { ttlMs: 0 }),
    streams.append("s", [1], { threadId: "" }),
    streams.append("s", [1], { life: 1.5, threadId: "t" }),
    streams.append("s", [1], { life: 1 }),
    streams.append("s", [1], { operationId: "" }),
    streams.read("s", -1),
    streams.read("s", 0, 0),
    streams.end("s", { ttlMs: Number.NaN }),
  ];
  for (const call of bad) expect(await codeOf(call)).toBe("INVALID_ARGUMENT");
  expect(() => streams.follow("s", 0.5)).toThrow(/whole number/);
  expect(await codeOf(streams.append("s", [1, () => 2]))).toBe("UNSUPPORTED_VALUE");
  expect(await streams.get("s")).toBeUndefined();
});

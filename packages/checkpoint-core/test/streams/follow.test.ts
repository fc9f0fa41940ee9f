import { getEventListeners } from "node:events";
import { memoryBackend, type Notifier, processNotifier } from "@perdure/checkpoint-core";
import { describe, expect, test } from "vitest";
import { ManualTimer } from "../manualTimer.ts";
import { wrapBackend } from "../wrap.ts";
import { counting, gather, open } from "./desk.ts";

/** A notifier that counts who listens and says nothing. */
function mute(): Notifier & { readonly listeners: () => number; readonly wakes: Set<() => void> } {
  const wakes = new Set<() => void>();
  return {
    reach: "storage",
    publish: () => Promise.reject(new Error("The channel is down.")),
    subscribe(_topic, wake) {
      wakes.add(wake);
      return () => wakes.delete(wake);
    },
    listeners: () => wakes.size,
    wakes,
  };
}

describe("follow", () => {
  test("gives every event once and in order to many followers, from wherever they begin, and ends with the stream", async () => {
    const timer = new ManualTimer();
    const store = open(memoryBackend(), { timer });
    const followers = [0, 0, 3, 9].map((from) => gather(store.streams.follow("s", from)));
    for (let at = 0; at < 12; at += 3) {
      await store.streams.append("s", [at, at + 1, at + 2]);
      await timer.passed(0);
    }
    await store.streams.end("s");
    expect(await Promise.all(followers.map(({ over }) => over))).toEqual(
      followers.map(() => "finished"),
    );
    expect(followers.map(({ got }) => got)).toEqual(
      [0, 0, 3, 9].map((from) => counting(12 - from, from)),
    );
    expect(timer.waiting).toBe(0);
  });

  test("a wake comes at once; without one the next look finds the event, and looks become rarer up to a bound", async () => {
    for (const [notifier, longest] of [
      [mute(), 10_000],
      [processNotifier(), 1000],
    ] as const) {
      const timer = new ManualTimer();
      const backend = memoryBackend();
      const reader = open(backend, { timer, notifier });
      const stop = new AbortController();
      const { got, over } = gather(reader.streams.follow("s", 0, stop.signal));
      for (let look = 0; look < 14; look += 1) await timer.passed(longest);
      expect(timer.longest).toBe(longest);
      const writer = open(backend, { notifier: mute() });
      await writer.streams.append("s", [0]);
      await timer.passed(0);
      expect(got).toEqual([]);
      await timer.passed(longest);
      expect(got).toEqual(counting(1));
      stop.abort();
      expect(await over).toBe("finished");
      expect(timer.waiting).toBe(0);
    }
  });

  test("misses nothing that is written between its look and its wait", async () => {
    const inner = memoryBackend();
    let meanwhile: (() => Promise<unknown>) | undefined;
    const backend = wrapBackend(inner, {
      async scan(...call) {
        const page = await inner.scan(...call);
        const due = meanwhile;
        meanwhile = undefined;
        await due?.();
        return page;
      },
    });
    const timer = new ManualTimer();
    const notifier = processNotifier();
    const store = open(backend, { timer, notifier });
    const writer = open(inner, { notifier });
    meanwhile = () => writer.streams.append("s", [0]);
    const { got } = gather(store.streams.follow("s"));
    await timer.passed(0);
    expect(got).toEqual(counting(1));
    await writer.streams.end("s");
    await timer.passed(0);
    expect(timer.waiting).toBe(0);
  });

  test("leaves neither a timer nor a listener behind, however it is stopped", async () => {
    const timer = new ManualTimer();
    const notifier = mute();
    const { streams } = open(memoryBackend(), { timer, notifier });
    const listeners = new Set<unknown>();
    const controller = new AbortController();
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    Object.assign(signal, {
      addEventListener: (type: "abort", listener: () => void) => {
        listeners.add(listener);
        add(type, listener);
      },
      removeEventListener: (type: "abort", listener: () => void) => {
        listeners.delete(listener);
        remove(type, listener);
      },
    });
    const left = (): readonly number[] => [timer.waiting, notifier.listeners(), listeners.size];
    streams.follow("s", 0, signal);
    expect(left()).toEqual([0, 0, 0]);
    const returned = streams.follow("s", 0, signal);
    const pending = returned.next();
    await timer.passed(0);
    expect(left()).toEqual([1, 1, 1]);
    await returned.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(left()).toEqual([0, 0, 0]);
    await streams.append("s", [0, 1]);
    for await (const event of streams.follow("s", 0, signal)) if (event.index === 0) break;
    expect(left()).toEqual([0, 0, 0]);
    const { got, over } = gather(streams.follow("s", 0, signal));
    await timer.passed(0);
    controller.abort();
    expect([await over, got]).toEqual(["finished", counting(2)]);
    expect(left()).toEqual([0, 0, 0]);
    expect(await gather(streams.follow("s", 0, signal)).over).toBe("finished");
    expect(left()).toEqual([0, 0, 0]);
  });

  test("a slow follower reads page by page: no more is fetched than it takes", async () => {
    const inner = memoryBackend();
    let scans = 0;
    const backend = wrapBackend(inner, {
      scan: (...call) => ((scans += 1), inner.scan(...call)),
    });
    const { streams } = open(backend);
    for (let batch = 0; batch < 20; batch += 1)
      await streams.append(
        "s",
        Array.from({ length: 100 }, (_, at) => batch * 100 + at),
      );
    const events = streams.follow("s");
    for (let at = 0; at < 200; at += 1)
      expect((await events.next()).value).toEqual({ index: at, value: at });
    expect(scans).toBe(1);
    await events.return?.();
  });
});

const fails = (): never => {
  throw new Error("The notifier is broken.");
};

test("a notifier that throws leaves no listener on the signal", async () => {
  const { signal } = new AbortController();
  for (const subscribe of [fails, () => fails]) {
    const notifier = { reach: "process", publish: fails, subscribe } as const;
    const { streams } = open(memoryBackend(), { notifier });
    await streams.append("s", [0]);
    await streams.end("s");
    const events = streams.follow("s", 0, signal);
    await expect(
      (async () => {
        for await (const event of events) expect(event.index).toBe(0);
      })(),
    ).rejects.toThrow("The notifier is broken.");
    expect(getEventListeners(signal, "abort")).toEqual([]);
  }
});

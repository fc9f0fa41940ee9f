import { createStore, type Notifier, StorageError } from "@perdure/checkpoint-core";
import { postgresBackend, postgresStore } from "@perdure/checkpoint-postgres";
import { passage } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { expect, onTestFinished, test } from "vitest";
import { asOwner, testPlace } from "./database.ts";

/** A notifier of another process, as it were; gone with the test. */
async function notifierOn(place: { url: string; schema: string }, listenUrl = place.url) {
  const backend = postgresBackend({ ...place, listenUrl, max: 2 });
  onTestFinished(() => backend[Symbol.asyncDispose]());
  await backend.setup("create");
  const { notifier } = backend;
  if (!notifier)
    throw new StorageError("NOT_FOUND", "A backend with a `listenUrl` has a notifier.");
  return notifier;
}

/** Resolves at the next wake of a topic. */
function woken(notifier: Notifier, topic: string): Promise<void> {
  return new Promise((resolve) => onTestFinished(notifier.subscribe(topic, resolve)));
}

/** Publishes until somebody is woken: who was lost may not listen again yet. */
async function publishUntil(notifier: Notifier, topic: string, wake: Promise<void>): Promise<void> {
  const woke = wake.then(() => true);
  const published = async (): Promise<boolean> => {
    await notifier.publish(topic);
    return false;
  };
  while (!(await Promise.race([woke, published()])));
}

const connections = (schema: string) =>
  asOwner(
    "select pid from pg_stat_activity where query like 'listen %' and application_name = $1",
    [schema],
  );

describeOn("postgres", "the notifier", () => {
  test("is there with a listenUrl alone, and reaches all that share the storage", async () => {
    const { url, schema } = testPlace();
    expect(postgresBackend({ url, schema }).notifier).toBeUndefined();
    expect(postgresBackend({ url, schema, listenUrl: url }).notifier?.reach).toBe("storage");
  });

  test.each(["a", "", "t\0/:*%'\"\\ \u{1f600} \ud800", "x".repeat(100_000)])(
    "wakes who has subscribed in another process, whatever the topic",
    async (topic) => {
      const place = testPlace();
      const [here, there] = [await notifierOn(place), await notifierOn(place)];
      const other = { woken: 0 };
      await woken(there, "warm"); // It listens now.
      onTestFinished(there.subscribe(`${topic}!`, () => (other.woken += 1)));
      const wake = woken(there, topic);
      await here.publish(topic);
      await wake;
      expect(other.woken).toBe(0);
    },
  );

  test("opens its connection with the first subscription, and ends it with the backend", async () => {
    const { url, schema } = testPlace();
    const listenUrl = `${url}?application_name=${schema}`;
    const backend = postgresBackend({ url, schema, listenUrl });
    await backend.setup("create");
    expect(await connections(schema)).toEqual([]);
    await new Promise<void>((resolve) => backend.notifier?.subscribe("t", resolve));
    expect(await connections(schema)).toHaveLength(1);
    await backend[Symbol.asyncDispose]();
    await expect.poll(() => connections(schema)).toEqual([]);
  });

  test("wakes everybody when its connection was lost, and goes on with a new one", async () => {
    const place = testPlace();
    const there = await notifierOn(place, `${place.url}?application_name=${place.schema}`);
    const here = await notifierOn(place);
    await woken(there, "t");
    const [line] = await connections(place.schema);
    const missed = woken(there, "t");
    await asOwner("select pg_terminate_backend($1)", [line?.["pid"]]);
    await missed;
    await publishUntil(here, "t", woken(there, "t"));
    await expect.poll(() => connections(place.schema)).toHaveLength(1);
    expect(await connections(place.schema)).not.toEqual([line]);
  });

  test("that reaches nobody takes nothing down, and wakes with each try: followers look by themselves", async () => {
    const place = testPlace();
    const notifier = await notifierOn(place, "postgres://127.0.0.1:1/nowhere");
    let wakes = 0;
    onTestFinished(notifier.subscribe("t", () => (wakes += 1)));
    await expect.poll(() => wakes, { timeout: 10_000 }).toBeGreaterThan(2);
  });

  test("a follower in another process gets events without its own looks, also over cut connections", async () => {
    const place = testPlace();
    await using way = await passage(place.url);
    const writer = postgresStore({ ...place, listenUrl: place.url });
    onTestFinished(() => writer[Symbol.asyncDispose]());
    const backend = postgresBackend({ ...place, listenUrl: way.url });
    onTestFinished(() => backend[Symbol.asyncDispose]());
    // Its time stands still: only a wake makes it look.
    const timer = {
      wait: (_: number, signal: AbortSignal) =>
        new Promise<void>((resolve) => {
          // What has woken it before it slept counts, too.
          if (signal.aborted) resolve();
          signal.addEventListener("abort", () => resolve());
        }),
    };
    const follower = createStore({ backend, timer });
    await writer.streams.append("s", [0]);
    const seen: unknown[] = [];
    for await (const { index, value } of follower.streams.follow("s")) {
      seen.push([index, value]);
      if (index === 9) break;
      if (index % 3 === 2) way.cut();
      await writer.streams.append("s", [index + 1]);
    }
    expect(seen).toEqual(Array.from({ length: 10 }, (_, index) => [index, index]));
  });
});

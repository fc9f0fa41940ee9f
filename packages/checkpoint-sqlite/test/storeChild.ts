import { on } from "node:events";
import { type SqliteDriver, sqliteStore } from "@perdure/checkpoint-sqlite";

/** Another process with a store on the same file. Does one job and sends what came of it. */
const [path = "", driver = "", job = "", name = "", count = ""] = process.argv.slice(2);
const store = sqliteStore({
  path,
  driver: driver as SqliteDriver,
  durability: "normal",
  waitMs: 60_000,
});

const BATCHES = 40;

const jobs: Readonly<Record<string, () => Promise<unknown>>> = {
  /** Writes forty numbered batches of three, each named, so that one that begins again writes none twice; killed in the middle of one where a number of batches is given. */
  async write() {
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const events = [0, 1, 2].map((at) => 3 * batch + at);
      const named = { operationId: `o${batch}`, threadId: "t" };
      if (String(batch) === count) setImmediate(() => process.kill(process.pid, "SIGKILL"));
      await store.streams.append(name, events, named);
    }
    return (await store.streams.end(name)).next;
  },
  /** Everything that a follower is given. */
  async follow() {
    const values: unknown[] = [];
    for await (const { index, value } of store.streams.follow(name)) values.push([index, value]);
    return values;
  },
  /** Each time that it is told to: looks for the latest, and puts the next. Ends at the last one. */
  async pong() {
    for await (const _ of on(process, "message")) {
      const record = await store.checkpoints.record(name);
      const state = await store.checkpoints.get<{ readonly put: number }>(name);
      const put = (state?.put ?? 0) + 1;
      const id = await store.checkpoints.put(name, { put });
      process.send?.({ seen: record?.id, put, id });
      if (put >= Number(count)) break;
    }
    return "ended";
  },
  /** Tries to do each of many effects; the ones that it did. */
  async once() {
    const done: string[] = [];
    for (let at = 0; at < Number(count); at += 1)
      await store.effects
        .once("t", `effect ${at}`, () => done.push(`effect ${at}`))
        .catch((error: { readonly code: string }) => {
          if (error.code !== "IN_FLIGHT") throw error;
        });
    return done;
  },
};

process.send?.({ result: await jobs[job]?.() });
await store[Symbol.asyncDispose]();
process.disconnect();

import { createStore } from "@perdure/checkpoint-core";
import { ownServer } from "@perdure/engines";
import { Redis } from "ioredis";
import { startConversation, THREAD } from "../conversation.ts";
import type { Engine } from "../engines/engine.ts";
import { DURABLE, redisEngine } from "../engines/redis.ts";
import { type Alternative, interleaved } from "../measure.ts";
import { newMessage } from "../message.ts";
import type { Row } from "../table.ts";

const KEYS = 1_000_000;
const BATCH = 10_000;
const RATIO = 1.2;

/** What a Redis that holds 1,000,000 keys of others costs us, against one that holds none: two servers of our own. */
export async function strangers({ name }: Engine): Promise<Row[]> {
  if (name !== "Redis") return [];
  await using started = new AsyncDisposableStack();
  const open = async (): Promise<{ append: Alternative; get: Alternative; url: string }> => {
    const { url } = started.use(await ownServer("redis", { settings: DURABLE }));
    const engine = started.use(await redisEngine(url));
    const store = createStore({ backend: (await engine.space()).backend() });
    await store.setup();
    const conversation = await startConversation(store);
    const append = (): Promise<void> => conversation.append(newMessage());
    return { append, get: () => store.checkpoints.get(THREAD), url };
  };
  const empty = await open();
  const full = await open();
  await fill(full.url);
  const rounds = { warmUp: 200, repetitions: 800 };
  const append = await interleaved({ empty: empty.append, full: full.append }, rounds);
  const get = await interleaved({ empty: empty.get, full: full.get }, rounds);
  return [row("append", append), row("get latest", get)];
}

function row(what: string, took: { readonly empty: number; readonly full: number }): Row {
  return {
    what: `${what}, p50, beside 1,000,000 foreign keys against none`,
    ours: took.full,
    raw: took.empty,
    unit: "µs",
    atMost: RATIO,
  };
}

async function fill(url: string): Promise<void> {
  const client = new Redis(url);
  for (let from = 0; from < KEYS; from += BATCH) {
    const pairs = Array.from({ length: BATCH }, (_, index) => [`foreign:${from + index}`, "x"]);
    await client.mset(...pairs.flat());
  }
  await client.quit();
}

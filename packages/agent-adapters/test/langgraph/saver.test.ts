import { statSync } from "node:fs";
import type { Checkpoint } from "@langchain/langgraph-checkpoint";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LangGraphSaver } from "../../src/langgraph/index.ts";
import { inFile, type OwnStore } from "./places.ts";

let own: OwnStore;
let threads = 0;

beforeAll(async () => {
  own = await inFile();
});

afterAll(async () => own[Symbol.asyncDispose]());

/** A saver as another process has it: it has seen nothing. */
function freshSaver(): LangGraphSaver {
  return new LangGraphSaver(own.store);
}

function freshThread(): { readonly configurable: { readonly thread_id: string } } {
  threads += 1;
  return { configurable: { thread_id: `thread:${threads}/ä😀` } };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const loop = { source: "loop", step: 0, parents: {} } as const;

function saved(
  id: string,
  channel_values: Readonly<Record<string, unknown>> = {},
  channel_versions: Record<string, number> = {},
): Checkpoint {
  return { v: 4, id, ts: "", channel_values, channel_versions, versions_seen: {} };
}

/** Bytes of a SQLite file and of its log, which may hold each page several times. */
function bytesOf(url: string): number {
  const path = url.slice("file:".length);
  return statSync(path).size + statSync(`${path}-wal`).size;
}

test("what a task writes may be larger than what stands beside a checkpoint", async () => {
  const config = freshThread();
  const saver = freshSaver();
  const checkpoint = saved("c-1");
  const at = await saver.put(config, checkpoint, loop, {});
  const large = '😀\u0000\ud800"'.repeat(1_000_000);
  const bytes = new Uint8Array(2_000_000).fill(7);
  await saver.putWrites(
    at,
    [
      ["text", large],
      ["bytes", bytes],
    ],
    "task",
  );
  const tuple = await freshSaver().getTuple(config);
  expect(tuple?.pendingWrites?.map(([task, channel]) => [task, channel])).toEqual([
    ["task", "text"],
    ["task", "bytes"],
  ]);
  expect(tuple?.pendingWrites?.[0]?.[2] === large).toBe(true);
  expect(Buffer.compare(tuple?.pendingWrites?.[1]?.[2] as Uint8Array, bytes)).toBe(0);
});

test("what a task wrote first stays, and a later error or interrupt takes the place of an earlier one", async () => {
  const config = freshThread();
  const saver = freshSaver();
  const checkpoint = saved("c-1");
  // Not awaited: a graph saves what its tasks write while the checkpoint is on its way.
  const put = saver.put(config, checkpoint, loop, {});
  const at = { configurable: { ...config.configurable, checkpoint_ns: "", checkpoint_id: "c-1" } };
  await saver.putWrites(
    at,
    [
      ["out", "first"],
      ["__error__", "one"],
    ],
    "task",
  );
  await saver.putWrites(
    at,
    [
      ["out", "second"],
      ["__error__", "two"],
    ],
    "task",
  );
  await put;
  expect((await saver.getTuple(config))?.pendingWrites).toEqual([
    ["task", "__error__", "two"],
    ["task", "out", "first"],
  ]);
});

test("the same checkpoint twice is one, and another under its id is refused", async () => {
  const config = freshThread();
  const saver = freshSaver();
  const checkpoint = saved("c-1", { a: 1 }, { a: 1 });
  await saver.put(config, checkpoint, loop, { a: 1 });
  await saver.put(config, checkpoint, loop, { a: 1 });
  expect(await all(saver.list(config))).toHaveLength(1);
  const other = { ...checkpoint, channel_values: { a: 2 } };
  await expect(saver.put(config, other, loop, { a: 1 })).rejects.toMatchObject({
    code: "CONFLICT",
  });
});

test("the newest of each namespace is found, also by a process that has seen an older one, and after deletions", async () => {
  const { configurable } = freshThread();
  const [one, other] = [freshSaver(), freshSaver()];
  const at = (checkpoint_ns: string) => ({ configurable: { ...configurable, checkpoint_ns } });
  const put = async (saver: LangGraphSaver, ns: string, id: string): Promise<unknown> =>
    saver.put(at(ns), saved(id), loop, {});
  const newest = async (saver: LangGraphSaver, ns: string): Promise<string | undefined> =>
    (await saver.getTuple(at(ns)))?.checkpoint.id;
  await put(one, "", "root-2");
  for (let count = 0; count < 230; count += 1) await put(one, "inner|a", `inner-${count}`);
  expect([await newest(one, ""), await newest(other, "")]).toEqual(["root-2", "root-2"]);
  // What is newest is what was written last, whatever the ids say.
  await put(other, "", "root-1");
  expect([await newest(one, ""), await newest(other, "")]).toEqual(["root-1", "root-1"]);
  expect(await newest(one, "inner|a")).toBe("inner-229");
  expect(await newest(one, "inner|b")).toBeUndefined();
  await own.store.checkpoints.delete(configurable.thread_id, "root-1");
  expect([await newest(one, ""), await newest(other, "")]).toEqual(["root-2", "root-2"]);
  await one.deleteThread(configurable.thread_id);
  expect([await newest(one, ""), await newest(other, "inner|a")]).toEqual([undefined, undefined]);
  await put(one, "", "root-3");
  expect([await newest(one, ""), await newest(other, "")]).toEqual(["root-3", "root-3"]);
});

test("names that are none are refused, and no namespace reads another's checkpoint", async () => {
  const saver = freshSaver();
  const { configurable } = freshThread();
  const checkpoint = saved("c");
  const refused = { code: "INVALID_ARGUMENT" };
  await expect(saver.put({}, checkpoint, loop, {})).rejects.toMatchObject(refused);
  await expect(saver.getTuple({ configurable: { thread_id: 42 } })).rejects.toMatchObject(refused);
  await expect(
    saver.put({ configurable }, { ...checkpoint, id: "" }, loop, {}),
  ).rejects.toMatchObject(refused);
  await saver.put(
    { configurable: { ...configurable, checkpoint_ns: "inner" } },
    checkpoint,
    loop,
    {},
  );
  const foreign = { ...configurable, checkpoint_id: JSON.stringify(["inner", "c"]) };
  expect(await saver.getTuple({ configurable: foreign })).toBeUndefined();
  expect(
    await saver.getTuple({ configurable: { ...configurable, checkpoint_id: "c" } }),
  ).toBeUndefined();
});

test("only what changes from one checkpoint to the next is stored", async () => {
  const { configurable } = freshThread();
  const saver = freshSaver();
  let config: Parameters<LangGraphSaver["put"]>[0] = { configurable };
  const messages: string[] = [];
  const before = bytesOf(own.url);
  for (let step = 0; step < 100; step += 1) {
    messages.push(`${step} `.repeat(250));
    const id = `step-${String(step).padStart(3, "0")}`;
    config = await saver.put(
      config,
      saved(id, { messages: [...messages] }, { messages: step }),
      { source: "loop", step, parents: {} },
      { messages: step },
    );
  }
  const record = await own.store.checkpoints.record(configurable.thread_id);
  const whole = record?.sizeBytes ?? 0;
  expect(whole).toBeGreaterThan(70_000);
  expect(bytesOf(own.url) - before).toBeLessThan(10 * whole);
  expect((await freshSaver().getTuple({ configurable }))?.checkpoint.channel_values).toEqual({
    messages,
  });
});

test("of a task whose process dies between two of its writes nothing is answered, until all are there", async () => {
  const at = await freshSaver().put(freshThread(), saved("a"), loop, {});
  const { checkpoints } = own.store;
  let attached = 0;
  const cut = {
    ...own.store,
    checkpoints: {
      ...checkpoints,
      async attach(...given: Parameters<typeof checkpoints.attach>) {
        attached += 1;
        if (attached === 2) throw new Error("The process dies.");
        return checkpoints.attach(...given);
      },
    },
  };
  const writes: [string, unknown][] = [
    ["messages", "done"],
    ["branch:to:next", null],
  ];
  await expect(new LangGraphSaver(cut).putWrites(at, writes, "task")).rejects.toThrow("dies");
  expect((await freshSaver().getTuple(at))?.pendingWrites).toEqual([]);
  await freshSaver().putWrites(at, writes, "task");
  expect((await freshSaver().getTuple(at))?.pendingWrites).toEqual([
    ["task", "messages", "done"],
    ["task", "branch:to:next", null],
  ]);
});

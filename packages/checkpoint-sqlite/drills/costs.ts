import { type Backend, createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import type { DrillResult } from "./drill.ts";

const PUTS = 1000;
const STATE_BYTES = 200_000;
const CHANGE_BYTES = 1000;
/** What the protocol says, in KB. */
const EXPECTED = { line: 1995, spread: 216, everyTwenty: 1995, inTurn: 160_200 };

/** The protocol counts states and changes alone; a record has an id, a parent, a date, a checksum and a path besides, some 170 bytes to 1,000. */
const OVERHEAD = 1.3;

/**
 * What is stored of 1,000 puts on a state of 200 KB, beside the protocol's numbers: a line, 16 branches from one checkpoint, a branch every 20 puts, and 2 or 16 branches written in turn.
 * Then a line with `keepLast: 10` after a sweep: at most twice the states that are shown.
 */
export async function costs(): Promise<DrillResult> {
  const line = await stored(async (store) => {
    let parentId = await first(store);
    for (let n = 1; n < PUTS; n += 1) parentId = await change(store, parentId);
  });
  const spread = await stored(async (store) => {
    const parentId = await first(store);
    for (let n = 0; n < 16; n += 1) await change(store, parentId);
  });
  const everyTwenty = await stored(async (store) => {
    let parentId = await first(store);
    let before = parentId;
    for (let n = 1; n < PUTS; n += 1) {
      const on = n % 20 === 0 ? before : parentId;
      before = parentId;
      parentId = await change(store, on);
    }
  });
  const two = await stored((store) => inTurn(store, 2));
  const sixteen = await stored((store) => inTurn(store, 16));
  const kept = await keptBytes();
  const rows = [
    ["line", line, EXPECTED.line],
    ["16 branches from one", spread, EXPECTED.spread],
    ["a branch every 20", everyTwenty, EXPECTED.everyTwenty],
    ["2 in turn", two, EXPECTED.inTurn],
    ["16 in turn", sixteen, EXPECTED.inTurn],
  ] as const;
  const said = rows.map(([what, size, expected]) => `${what} ${size} KB (protocol ${expected})`);
  return {
    name: "costs",
    passed:
      rows.every(([, size, expected]) => size <= OVERHEAD * expected) &&
      kept.bytes <= 2 * kept.shown,
    line:
      `${said.join(", ")}; with keepLast 10, after a sweep, ${kb(kept.bytes)} KB for ${kb(kept.shown)} KB of states shown, ` +
      `${kb(kept.most)} KB at the most while putting`,
  };
}

async function inTurn(store: Store, branches: number): Promise<void> {
  const root = await first(store);
  const heads = Array.from({ length: branches }, () => root);
  for (let n = 0; n < PUTS; n += 1)
    heads[n % branches] = await change(store, heads[n % branches] ?? root);
}

function first({ checkpoints }: Store): Promise<string> {
  const messages = Array.from({ length: STATE_BYTES / CHANGE_BYTES }, () => noise(CHANGE_BYTES));
  return checkpoints.put("t", { messages, last: "" });
}

/** Changes one message in place, so that the state stays as large as it is. */
function change({ checkpoints }: Store, parentId: string): Promise<string> {
  const at = Math.floor(Math.random() * (STATE_BYTES / CHANGE_BYTES));
  const changes = [{ path: ["messages", at], set: noise(CHANGE_BYTES) }];
  return checkpoints.append("t", { parentId, branch: true, changes });
}

/** Text that no compression makes smaller by much: what is stored is what was written. */
function noise(bytes: number): string {
  let text = "";
  while (text.length < bytes) text += Math.random().toString(36).slice(2);
  return text.slice(0, bytes);
}

async function stored(work: (store: Store) => Promise<void>): Promise<number> {
  const { backend, bytes } = counting();
  await work(createStore({ backend, compress: false }));
  return kb(bytes());
}

async function keptBytes(): Promise<{ bytes: number; shown: number; most: number }> {
  const { backend, bytes, most } = counting();
  const store = createStore({ backend, compress: false, keepLast: 10 });
  let parentId = await first(store);
  for (let n = 1; n < PUTS; n += 1) {
    parentId = await change(store, parentId);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  await createStore({ backend, now: () => Date.now() + 7_200_000 }).maintain({ ms: 60_000 });
  const list = await store.checkpoints.list("t");
  const shown = list.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { bytes: bytes(), shown, most: most() };
}

function counting(): { backend: Backend; bytes: () => number; most: () => number } {
  const inner = memoryBackend();
  const sizes = new Map<string, number>();
  let total = 0;
  let most = 0;
  const set = (key: string, bytes: number): void => {
    total += bytes - (sizes.get(key) ?? 0);
    sizes.set(key, bytes);
    most = Math.max(most, total);
  };
  const backend: Backend = {
    ...inner,
    async write(partition, batch) {
      const written = await inner.write(partition, batch);
      for (const write of batch.writes)
        if ("key" in write && write.key.startsWith("c/")) {
          if (write.op === "put") set(write.key, write.key.length + write.value.byteLength);
          if (write.op === "delete") set(write.key, 0);
        }
      return written;
    },
  };
  return { backend, bytes: () => total, most: () => most };
}

function kb(bytes: number): number {
  return Math.round(bytes / 1000);
}

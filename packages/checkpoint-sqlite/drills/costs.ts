import { type Backend, createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import { openFrame } from "../../checkpoint-core/src/codec/frame.ts";
import type { DrillResult } from "@perdure/drills";

const PUTS = 1000;
const STATE_BYTES = 200_000;
const CHANGE_BYTES = 1000;
/** By how much states and changes may be more than those of the protocol's rule, and the text of one more than what it says: quotes and commas, and where a change belongs. */
const SLACK = 1.05;

/** Bytes of the text of a state and of a change, and what a record has beside them. */
interface Sizes {
  readonly state: number;
  readonly change: number;
  readonly own: number;
}

const bare: Sizes = { state: STATE_BYTES, change: CHANGE_BYTES, own: 0 };
/** Bytes by which one record may differ from the average: a turn of the rule may come one put earlier. */
const UNEVEN = [-4, -2, 0, 2, 4];

/** What a record may have beside its text: its key, ids, date, sizes and a checksum. */
const MOST_OWN_BYTES = 130;

/** A way to branch: on which put, counted from 0, the next one builds. */
interface Shape {
  readonly name: string;
  readonly puts: number;
  readonly parent: (n: number) => number;
  /** What the protocol says, in KB. */
  readonly said: number;
}

const shapes: readonly Shape[] = [
  { name: "line", puts: PUTS, parent: (n) => n - 1, said: 1995 },
  { name: "16 branches from one", puts: 17, parent: () => 0, said: 216 },
  {
    name: "a branch every 20",
    puts: PUTS,
    parent: (n) => n - (n % 20 === 0 ? 2 : 1),
    said: 1995,
  },
  { name: "2 in turn", puts: PUTS, parent: (n) => Math.max(0, n - 2), said: 160_200 },
  { name: "16 in turn", puts: PUTS, parent: (n) => Math.max(0, n - 16), said: 160_200 },
];

/**
 * What is stored of 1,000 puts on a state of 200 KB: a line, 16 branches from one checkpoint, a branch every 20 puts, and 2 or 16 branches written in turn. States and changes are held to the
 * protocol's rule: played without records of their own it must come to the protocol's numbers, and with records as long as ours to what is stored.
 * Then a line with `keepLast: 10` after a sweep: at most twice the states that are shown.
 */
export async function costs(): Promise<DrillResult> {
  const rows: Row[] = [];
  for (const shape of shapes) rows.push(await stored(shape));
  const kept = await keptBytes();
  const said = rows.map(
    ({ shape, bodies, rule, sizes }) =>
      `${shape.name} ${kb(bodies)} KB of states and changes (rule ${kb(rule)}, protocol ${shape.said}) and ${sizes.own} bytes a record`,
  );
  return {
    name: "costs",
    passed: rows.every(isRight) && kept.bytes <= 2 * kept.shown,
    line:
      `${said.join("; ")}; with keepLast 10, after a sweep, ${kb(kept.bytes)} KB for ${kb(kept.shown)} KB of states shown, ` +
      `${kb(kept.most)} KB at the most while putting`,
  };
}

interface Row {
  readonly shape: Shape;
  readonly bodies: number;
  readonly rule: number;
  readonly sizes: Sizes;
}

function isRight({ shape, bodies, rule, sizes }: Row): boolean {
  const { state, change, own } = sizes;
  const isLean =
    state <= SLACK * STATE_BYTES && change <= SLACK * CHANGE_BYTES && own <= MOST_OWN_BYTES;
  return isLean && bodies <= SLACK * rule && Math.abs(kb(byRule(shape, bare)) - shape.said) <= 1;
}

/** The bytes of states and changes that the protocol's rule comes to, where texts and records are as long as these. */
function byRule({ puts, parent }: Shape, { state, change, own }: Sizes): number {
  let [from, weight, bytes] = [0, state + own, state];
  for (let n = 1; n < puts; n += 1) {
    const isChange = parent(n) >= from && weight + change + own <= 2 * state;
    if (!isChange) [from, weight] = [n, 0];
    const size = isChange ? change : state;
    weight += size + own;
    bytes += size;
  }
  return bytes;
}

async function stored(shape: Shape): Promise<Row> {
  const { backend, bytes, texts } = counting();
  const store = createStore({ backend, compress: false });
  const ids = [await first(store)];
  for (let n = 1; n < shape.puts; n += 1)
    ids.push(await putChange(store, ids[shape.parent(n)] ?? "none"));
  const bodies = sum(texts);
  const sizes = {
    state: average(texts.filter((size) => size >= STATE_BYTES)),
    change: average(texts.filter((size) => size < STATE_BYTES)),
    own: Math.round((bytes() - bodies) / shape.puts),
  };
  const rules = UNEVEN.map((more) => byRule(shape, { ...sizes, own: sizes.own + more }));
  return { shape, bodies, rule: Math.max(...rules), sizes };
}

function average(list: readonly number[]): number {
  return Math.round(sum(list) / list.length);
}

function sum(list: readonly number[]): number {
  return list.reduce((all, one) => all + one, 0);
}

function first({ checkpoints }: Store): Promise<string> {
  const messages = Array.from({ length: STATE_BYTES / CHANGE_BYTES }, () => noise(CHANGE_BYTES));
  return checkpoints.put("t", { messages, last: "" });
}

/** Changes one message in place, so that the state stays as large as it is. */
function putChange({ checkpoints }: Store, parentId: string): Promise<string> {
  const half = STATE_BYTES / CHANGE_BYTES / 2;
  const at = half + Math.floor(Math.random() * half);
  const changes = [{ path: ["messages", at], set: noise(CHANGE_BYTES) }];
  return checkpoints.append("t", { parentId, branch: true, changes });
}

/** Text that no compression makes smaller by much: what is stored is what was written. */
function noise(bytes: number): string {
  let text = "";
  while (text.length < bytes) text += Math.random().toString(36).slice(2);
  return text.slice(0, bytes);
}

async function keptBytes(): Promise<{ bytes: number; shown: number; most: number }> {
  const { backend, bytes, most } = counting();
  const store = createStore({ backend, compress: false, keepLast: 10 });
  let parentId = await first(store);
  for (let n = 1; n < PUTS; n += 1) {
    parentId = await putChange(store, parentId);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  await createStore({ backend, now: () => Date.now() + 7_200_000 }).maintain({ ms: 60_000 });
  const list = await store.checkpoints.list("t");
  const shown = sum(list.map(({ sizeBytes }) => sizeBytes));
  return { bytes: bytes(), shown, most: most() };
}

interface Counting {
  readonly backend: Backend;
  readonly bytes: () => number;
  /** Bytes of each state and change that was written, without what its record has beside it. */
  readonly texts: readonly number[];
  readonly most: () => number;
}

function counting(): Counting {
  const inner = memoryBackend();
  const sizes = new Map<string, number>();
  let total = 0;
  let most = 0;
  const texts: number[] = [];
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
          if (write.op === "put") texts.push(openFrame(write.value).size);
          if (write.op === "put") set(write.key, write.key.length + write.value.byteLength);
          if (write.op === "delete") set(write.key, 0);
        }
      return written;
    },
  };
  return { backend, bytes: () => total, texts, most: () => most };
}

function kb(bytes: number): number {
  return Math.round(bytes / 1000);
}

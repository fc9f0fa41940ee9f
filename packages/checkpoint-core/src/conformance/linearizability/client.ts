import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import type { Backend, StoredRecord, Write, WriteBatch } from "../../backend/contract.ts";
import { isStorageError } from "../../errors.ts";
import { View } from "./draw.ts";
import type { Answer, Call, Entry, Seen } from "./operation.ts";
import { below, oneOf, type Random } from "./random.ts";
import { type Line, machineTime } from "./record.ts";

/** What a client of a run does. */
export interface ClientOptions {
  readonly name: string;
  readonly backend: Backend;
  readonly partitions: readonly string[];
  readonly random: Random;
  /** Answers that it wants. It asks at most ten times as often, where some do not come. */
  readonly operations: number;
  /** How many of a hundred answers it does not wait for. */
  readonly impatience: number;
  /** Milliseconds after which it waits no longer. */
  readonly patienceMs: number;
  /** Writes a line down, before it returns. */
  readonly write: (line: Line) => void;
  /** Called after each answer. */
  readonly answered: () => void;
}

/** The caller's time, which stands still: expiry has cases of its own. */
const NOW = 1_700_000_000_000;
/** Turns of the event loop that a client waits at most, before and after a call. */
const TURNS = 4;
/** Milliseconds that a client waits after its first answer that did not come; twice as long after each further one, up to the last. */
const PAUSES_MS = { first: 5, last: 200 };
/** Codes of calls that surely did nothing. */
const NEVER: ReadonlySet<string> = new Set([
  "CONTENTION",
  "FULL",
  "INVALID_ARGUMENT",
  "TOO_LARGE",
  "UNSUPPORTED_VALUE",
]);

/**
 * One client: asks for one thing after the other, and writes down what it asks, when, and what it is told. What it does not wait for, and what fails without saying what was done, stays
 * without an answer, and may happen at any later time. Throws what is no `StorageError`.
 */
export async function runClient(options: ClientOptions): Promise<void> {
  const { name, partitions, random, operations, write } = options;
  const views = new Map(partitions.map((partition) => [partition, new View()]));
  let answers = 0;
  let silent = 0;
  for (let asked = 0; answers < operations && asked < operations * 10; asked += 1) {
    const partition = oneOf(random, partitions);
    const view = views.get(partition) ?? new View();
    const id = `${name}.${asked}`;
    const call = view.draw(random, id);
    await turns(below(random, TURNS));
    const start = machineTime();
    write({ id, client: name, partition, call, start });
    const outcome = await waitedFor(ask(options.backend, partition, call), options);
    const end = machineTime();
    if (typeof outcome === "string") {
      write({ id, code: outcome, never: NEVER.has(outcome) });
      view.learn(call, undefined);
      silent = outcome === UNHEARD ? 0 : silent + 1;
      if (silent > 0) await pause(Math.min(PAUSES_MS.first * 2 ** (silent - 1), PAUSES_MS.last));
      continue;
    }
    write({ id, end, answer: outcome });
    view.learn(call, outcome);
    answers += 1;
    silent = 0;
    options.answered();
    await turns(below(random, TURNS));
  }
}

/** Stands for the code of an answer that the client did not wait for. */
export const UNHEARD = "UNHEARD";

async function waitedFor(
  outcome: Promise<Answer | string>,
  { random, impatience, patienceMs }: ClientOptions,
): Promise<Answer | string> {
  if (random() * 100 < impatience) {
    // It goes on under way. What is wrong with it is told where somebody waits.
    outcome.catch(() => undefined);
    const heard = await Promise.race([outcome, turns(below(random, TURNS))]);
    return heard ?? UNHEARD;
  }
  const over = new AbortController();
  try {
    const late = pause(patienceMs, UNHEARD, { signal: over.signal });
    late.catch(() => undefined);
    return await Promise.race([outcome, late]);
  } finally {
    over.abort();
  }
}

async function turns(count: number): Promise<undefined> {
  for (let turn = 0; turn < count; turn += 1) await nextTurn();
  return undefined;
}

/** Asks, and says what was told; or the code of a failure. */
export async function ask(
  backend: Backend,
  partition: string,
  call: Call,
): Promise<Answer | string> {
  try {
    return await answerOf(backend, partition, call);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    if (error.code === "DELETED") return { told: "deleted" };
    if (error.code === "CONFLICT")
      return { told: "conflict", key: "key" in error ? String(error.key) : "" };
    return error.code;
  }
}

async function answerOf(backend: Backend, partition: string, call: Call): Promise<Answer> {
  if (call.verb === "read") {
    const records = await backend.read(partition, call.keys, NOW);
    return { told: "records", records: records.map((one) => (one ? seen(one) : null)) };
  }
  if (call.verb === "scan") {
    const { records, next } = await backend.scan(partition, call.range, NOW);
    const page = { told: "page", records: records.map(seen) } as const;
    return next === undefined ? page : { ...page, next };
  }
  if (call.verb === "drop") {
    await backend.drop(partition, NOW, call.held);
    return { told: "dropped" };
  }
  const writes = call.writes.map(entryOf);
  const batch: WriteBatch = call.revive ? { writes, now: NOW, revive: true } : { writes, now: NOW };
  const { revision } = await backend.write(partition, batch);
  return { told: "written", revision };
}

function entryOf(entry: Entry): Write {
  return "value" in entry ? { ...entry, value: new TextEncoder().encode(entry.value) } : entry;
}

function seen({ key, value, revision }: StoredRecord): Seen {
  return { key, value: new TextDecoder().decode(value), revision };
}

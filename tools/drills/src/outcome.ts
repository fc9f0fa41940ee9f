import { createStore, type Store } from "@perdure/checkpoint-core";
import { openFrom, type Place } from "./module.ts";
import { isShared, type Line, nameOf, type Operation, SHARED, threadOf } from "./record.ts";

/** What came of a load: what clients were told, held against what is stored. */
export interface Outcome {
  /** Operations that a client was told of as done. */
  readonly acknowledged: number;
  /** Of these, how many had been done by a try whose answer was lost. */
  readonly replayed: number;
  /** Failures that clients were told of, by code. */
  readonly failures: ReadonlyMap<string, number>;
  /** Acknowledged and not there. */
  readonly lost: number;
  /** Milliseconds between the acknowledgement of the oldest one lost and the newest acknowledgement; 0 when none is lost. */
  readonly lostMs: number;
  /** There more than once. */
  readonly doubled: number;
  /** Commits of which one half is there and the other is not. */
  readonly torn: number;
  /** What is there and nobody has begun, what stands in another order than it was done in, and states that are not those of their checkpoint. */
  readonly wrong: readonly string[];
}

/** When an operation was acknowledged, and under which id. */
interface Acknowledged {
  readonly at: number;
  readonly id: string;
}

/** An operation as it is stored, under its id. */
interface Stored extends Operation {
  readonly id: string;
}

interface Seen {
  readonly replayed: number;
  readonly failures: Map<string, number>;
  readonly begun: ReadonlySet<string>;
  /** When each was acknowledged. */
  readonly done: ReadonlyMap<string, Acknowledged>;
  readonly clients: readonly string[];
  /** What failed for good. */
  readonly final: readonly string[];
}

/** Reads all that is stored, as a process that remembers nothing, and compares. */
export async function outcomeOf(
  lines: readonly Line[],
  { module, given }: Place,
): Promise<Outcome> {
  const seen = seenIn(lines);
  await using backend = await openFrom(module.href, given);
  const store = createStore({ backend });
  const shared = await entriesOf(store, SHARED);
  const stored = [...shared];
  const wrong = [...seen.final, ...disorderOf(shared)];
  let torn = 0;
  let doubled = doublesIn(shared);
  for (const client of seen.clients) {
    const own = await entriesOf(store, threadOf(client));
    const checkpoints = await checkpointsOf(store, client);
    torn += missingOf(own, checkpoints).length + missingOf(checkpoints, own).length;
    doubled += doublesIn(own) + doublesIn(checkpoints);
    stored.push(...checkpoints);
    wrong.push(...disorderOf(own), ...(await stateOf(store, client, checkpoints.at(-1)?.n)));
  }
  const names = stored.map(nameOf);
  const there = new Set(names);
  const lost = [...seen.done].filter(([name]) => !there.has(name));
  const newest = [...seen.done.values()].reduce((last, { at }) => Math.max(last, at), 0);
  wrong.push(...renamedIn(stored, seen));
  wrong.push(
    ...names.filter((name) => !seen.begun.has(name)).map((name) => `nobody has begun ${name}`),
  );
  return {
    acknowledged: seen.done.size,
    replayed: seen.replayed,
    failures: seen.failures,
    lost: lost.length,
    lostMs: lost.reduce((most, [, { at }]) => Math.max(most, newest - at), 0),
    doubled,
    torn,
    wrong,
  };
}

function seenIn(lines: readonly Line[]): Seen {
  const failures = new Map<string, number>();
  const begun = new Set<string>();
  const done = new Map<string, Acknowledged>();
  const clients = new Set<string>();
  const final: string[] = [];
  let replayed = 0;
  for (const line of lines)
    if ("begin" in line) {
      begun.add(nameOf(line.begin));
      clients.add(line.begin.client);
    } else if ("done" in line) {
      done.set(nameOf(line.done), line);
      if (line.replayed) replayed += 1;
    } else if ("misread" in line) final.push(line.misread);
    else {
      failures.set(line.code, (failures.get(line.code) ?? 0) + 1);
      if (line.final) final.push(`${nameOf(line.failed)}: ${line.message}`);
    }
  return { replayed, failures, begun, done, clients: [...clients], final };
}

async function entriesOf({ history }: Store, thread: string): Promise<readonly Stored[]> {
  const entries = await history.read<Operation>(thread);
  return entries.map(({ id, value: { client, n } }) => ({ id, client, n }));
}

/** A client's checkpoints by their numbers, the oldest first. */
async function checkpointsOf({ checkpoints }: Store, client: string): Promise<readonly Stored[]> {
  const found: Stored[] = [];
  for (let before: string | undefined; ; ) {
    const page = await checkpoints.list(threadOf(client), { limit: 1000, before });
    found.push(...page.map(({ id, metadata }) => ({ id, client, n: Number(metadata?.["n"]) })));
    before = page.at(-1)?.id;
    if (before === undefined) return found.toReversed();
  }
}

/** Operations whose caller was told another id than the one that is stored. */
function renamedIn(stored: readonly Stored[], { done }: Seen): readonly string[] {
  return stored.flatMap((one) => {
    const told = done.get(nameOf(one))?.id;
    if (told === undefined || told === one.id) return [];
    return [`${nameOf(one)} is stored as ${one.id}, and its caller was told ${told}`];
  });
}

/** A client does one thing after the other, so that is their order. */
function disorderOf(entries: readonly Operation[]): readonly string[] {
  const last = new Map<string, number>();
  return entries.flatMap((entry) => {
    const before = last.get(entry.client) ?? 0;
    last.set(entry.client, entry.n);
    return entry.n < before ? [`${nameOf(entry)} stands behind ${before}`] : [];
  });
}

function doublesIn(list: readonly Operation[]): number {
  return list.length - new Set(list.map(nameOf)).size;
}

function missingOf(from: readonly Operation[], there: readonly Operation[]): readonly Operation[] {
  const known = new Set(there.map(nameOf));
  return from.filter((one) => !known.has(nameOf(one)));
}

async function stateOf(
  { checkpoints }: Store,
  client: string,
  newest: number | undefined,
): Promise<readonly string[]> {
  const state = await checkpoints.get<{ n: number; last: readonly number[] }>(threadOf(client));
  const isRight = state?.n === newest && (state?.last.at(-1) ?? newest) === newest;
  return isRight && !(newest !== undefined && isShared({ client, n: newest }))
    ? []
    : [`the state of ${client} is ${JSON.stringify(state)}, its newest checkpoint ${newest}`];
}

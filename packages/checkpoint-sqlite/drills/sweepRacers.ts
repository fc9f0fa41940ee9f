import { type Backend, createStore, isStorageError, type Write } from "@perdure/checkpoint-core";
import {
  exceptionsWrite,
  withoutPin,
  withPin,
} from "../../checkpoint-core/src/store/checkpoints/exceptions.ts";
import {
  checkpointKey,
  decodeCheckpoint,
  decodeExceptions,
  decodeHead,
  EXCEPTIONS,
  type Exceptions,
  HEAD,
} from "../../checkpoint-core/src/store/checkpoints/schema.ts";
import { sweepCheckpoints } from "../../checkpoint-core/src/store/checkpoints/sweep.ts";
import type { Partition } from "../../checkpoint-core/src/store/partition.ts";
import { partitionOf } from "../../checkpoint-core/test/checkpoints/sweepStored.ts";
import type { Random } from "../../checkpoint-core/test/runs/scheduler.ts";
import type { Put, RacedThread } from "./sweepStage.ts";

/** Who races, until it is over. */
export interface Racer {
  readonly backend: Backend;
  readonly thread: RacedThread;
  readonly random: Random;
  readonly going: () => boolean;
}

const TEXTS = 8;
const TEXT_BYTES = 100;

/** A state that says what it must be. Each differs from the one before by an eighth, so that a segment is three or four checkpoints. */
function stateOf(n: number): { readonly n: number; readonly texts: readonly string[] } {
  const texts = Array.from({ length: TEXTS }, (_, at) => {
    const changed = n - ((n - at) % TEXTS);
    return `${at} of ${changed} `.padEnd(TEXT_BYTES, ".");
  });
  return { n, texts };
}

/** Puts on, a put a millisecond as far as the engine can, on the head or on one of the newest ones. */
export async function write(racer: Racer, branches: boolean): Promise<void> {
  const { backend, thread, random, going } = racer;
  const { keepLast, name, puts, seen } = thread;
  const { checkpoints } = createStore({ backend, keepLast, compress: false });
  for (let n = TEXTS; going(); n += 1) {
    const parentId = branches ? pick(random, puts.slice(-3))?.id : undefined;
    try {
      const id = await checkpoints.put(
        name,
        stateOf(n),
        parentId === undefined ? {} : { parentId },
      );
      puts.push({ id, ordinal: Number(id.split("-")[0]), n });
      seen.puts += 1;
    } catch (error) {
      // A parent that was deleted meanwhile.
      if (!isStorageError(error) || error.code !== "NOT_FOUND")
        seen.wrong.push(`a put on ${name}: ${String(error)}`);
    }
    thread.happened();
    await new Promise((resolve) => {
      setTimeout(resolve, 1);
    });
  }
}

/** Reads what is shown, the oldest of it among it; nothing of it may be missing. */
export async function readShown({ backend, thread, random, going }: Racer): Promise<void> {
  const { name, keepLast, puts, seen } = thread;
  while (going()) {
    await thread.putMore(2);
    const shown = puts.slice(-keepLast);
    const one = random() < 0.5 ? shown[0] : pick(random, shown);
    if (!one) continue;
    const found = await readOne(backend, thread, one);
    seen.reads += 1;
    const isShown = one.ordinal > (puts.at(-1)?.ordinal ?? 0) + 1 - keepLast;
    if (found === null && isShown && !thread.deleted.has(one.id))
      seen.wrong.push(`${name} ${one.id}: not there while it is shown`);
  }
}

/** Reads what is about to be hidden, and what it builds on only once sweeps have freed some. It may be there or not; it is never damaged. */
export async function readHidden({ backend, thread, random, going }: Racer): Promise<void> {
  const { keepLast, puts, seen } = thread;
  while (going()) {
    await thread.putMore(1);
    const one = puts.at(-keepLast + Math.floor(random() * 2));
    if (!one) continue;
    await readOne(thread.lateReader(backend), thread, one);
    const isHidden = one.ordinal <= (puts.at(-1)?.ordinal ?? 0) - keepLast;
    seen.reads += 1;
    if (isHidden) seen.hiddenReads += 1;
  }
}

/** By a process that remembers nothing. `null` where it is not there; what is wrong with it is noted. */
async function readOne(
  backend: Backend,
  { name, seen }: RacedThread,
  { id, n }: Put,
): Promise<unknown> {
  try {
    const state = await createStore({ backend }).checkpoints.get(name, id);
    if (state !== null && JSON.stringify(state) !== JSON.stringify(stateOf(n)))
      seen.wrong.push(`${name} ${id}: another state`);
    return state;
  } catch (error) {
    seen.wrong.push(`a read of ${name} ${id}: ${String(error)}`);
    return undefined;
  }
}

/** Deletes some of what is shown. */
export async function remove({ backend, thread, random, going }: Racer): Promise<void> {
  const { name, keepLast, puts, chosen, deleted, seen } = thread;
  const { checkpoints } = createStore({ backend });
  while (going()) {
    await thread.putMore(15 + Math.floor(random() * 30));
    const one = pick(random, puts.slice(-keepLast));
    if (!one || chosen.has(one)) continue;
    deleted.add(one.id);
    try {
      await checkpoints.delete(name, one.id);
      seen.deletes += 1;
    } catch (error) {
      seen.wrong.push(`a deletion on ${name}: ${String(error)}`);
    }
    if (going() && (await readOne(backend, thread, one)) !== null)
      seen.wrong.push(`${name} ${one.id}: there after its deletion`);
  }
}

/** Pins what a sweep is about to free, as a commit would that read it while it was shown; reads it while it is pinned, and unpins it. The last pin stays. */
export async function pin(racer: Racer): Promise<void> {
  const { backend, thread, random, going } = racer;
  const { name, keepLast, puts, deleted, seen } = thread;
  while (going()) {
    await thread.putMore(1 + Math.floor(random() * 3 * keepLast));
    const one = puts.at(-keepLast + Math.floor(random() * 2));
    if (!one || thread.chosen.has(one)) continue;
    thread.chosen.add(one);
    if (!(await pinOne(racer, one))) {
      thread.chosen.delete(one);
      continue;
    }
    seen.pins += 1;
    for (let turn = 0; turn < 3; turn += 1) {
      if (turn > 0) await thread.putMore(keepLast + 3);
      if ((await readOne(backend, thread, one)) === null && !deleted.has(one.id))
        seen.wrong.push(`${name} ${one.id}: not there while it is pinned`);
    }
    if (!going()) return;
    thread.pinned.delete(one);
    await unpin(racer, one);
    thread.chosen.delete(one);
  }
}

async function pinOne({ backend, thread }: Racer, one: Put): Promise<boolean> {
  const now = Date.now();
  const partition = partitionOf(backend, thread.name, now);
  const key = checkpointKey(one.ordinal);
  const found = await partition.read([HEAD, key], now);
  const [head, record] = [found.get(HEAD), found.get(key)];
  if (!head || !record || decodeHead(head).since >= one.ordinal) return false;
  const { from } = decodeCheckpoint(record);
  await thread.isAboutToGo(from, one.ordinal);
  const { revision, exceptions } = await readExceptions(partition, now);
  if (exceptions.deleted.includes(one.ordinal) || thread.deleted.has(one.id)) return false;
  thread.pinned.add(one);
  const landed = await lands(partition, now, [
    { op: "check", key, expect: record.revision },
    exceptionsWrite(withPin(exceptions, one.ordinal, from), revision),
  ]);
  if (!landed) thread.pinned.delete(one);
  return landed;
}

async function readExceptions(
  partition: Partition,
  now: number,
): Promise<{ readonly revision: number; readonly exceptions: Exceptions }> {
  const record = (await partition.read([EXCEPTIONS], now)).get(EXCEPTIONS);
  const exceptions = record ? decodeExceptions(record) : { pinned: [], deleted: [] };
  return { revision: record?.revision ?? 0, exceptions };
}

async function unpin({ backend, thread, going }: Racer, { id }: Put): Promise<void> {
  const now = Date.now();
  const partition = partitionOf(backend, thread.name, now);
  while (going()) {
    const { revision, exceptions } = await readExceptions(partition, now);
    const left = withoutPin(exceptions, id);
    if (!left || (await lands(partition, now, [exceptionsWrite(left, revision)]))) return;
  }
}

async function lands(
  partition: Partition,
  now: number,
  writes: readonly Write[],
): Promise<boolean> {
  try {
    await partition.write(writes, now);
    return true;
  } catch (error) {
    if (isStorageError(error) && error.code === "CONFLICT") return false;
    throw error;
  }
}

/** Sweeps whenever a segment may have been hidden. */
export async function sweep({ backend, thread, going }: Racer): Promise<void> {
  const { name, seen } = thread;
  while (going()) {
    const own = { freed: 0, looks: 0 };
    const now = Date.now();
    const partition = partitionOf(thread.sweptBy(backend, own), name, now);
    try {
      await sweepCheckpoints({ partition, now, goOn });
    } catch (error) {
      if (isStorageError(error) && error.code === "CONTENTION") seen.starved += 1;
      else seen.wrong.push(`a sweep of ${name}: ${String(error)}`);
    }
    seen.sweeps += 1;
    seen.freed += own.freed;
    seen.freeing += own.freed > 0 ? 1 : 0;
    seen.looks = Math.max(seen.looks, own.looks);
    await thread.putMore(3);
  }
}

function goOn(): Promise<boolean> {
  return Promise.resolve(true);
}

function pick<T>(random: Random, list: readonly T[]): T | undefined {
  return list[Math.floor(random() * list.length)];
}

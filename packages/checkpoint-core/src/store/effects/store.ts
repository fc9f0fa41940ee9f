import { prefixRange } from "../../backend/keys.ts";
import { ContentionError, StorageError } from "../../errors.ts";
import { checkLease } from "../lease/check.ts";
import { nonce, type StoreContext } from "../context.ts";
import { checkId, checkWhole } from "../operation.ts";
import { readMany } from "../chunks.ts";
import { checkObject } from "../arguments.ts";
import { LEASE, LIFE, lifeIn } from "../life/life.ts";
import type { Timer } from "../timer.ts";
import type { Effect, EffectStore, OnceOptions } from "./contract.ts";
import type { Looks } from "./looks.ts";
import { once } from "./once.ts";
import {
  beatKey,
  decodeEffect,
  EFFECTS,
  effectIn,
  effectKey,
  effectOf,
  type StoredEffect,
} from "./record.ts";
import { resolveEffect } from "./resolve.ts";

/** The effects of the threads of one scope. */
export function effectStore(
  context: StoreContext,
  { timer, looks }: { readonly timer: Timer; readonly looks: Looks },
): EffectStore {
  return {
    async once(threadId, key, work, options = {}) {
      checkOnce(threadId, key, work, options);
      await context.ready();
      const partition = context.thread(threadId);
      const token = nonce(12);
      return once({ context, timer, looks, partition, threadId, key, options, token }, work);
    },
    async get(threadId, key, options = {}) {
      checkId("threadId", threadId);
      checkId("key", key);
      checkObject("The options of get", options);
      const { seen } = options;
      if (seen !== undefined) checkWhole("seen", seen, 1);
      await context.ready();
      const keys = [LIFE, LEASE, effectKey(key), beatKey(key)];
      const snapshot = await context.thread(threadId).read(keys, context.now());
      const found = lifeIn(context, snapshot) && effectIn(snapshot, key);
      return found && effectOf(threadId, found, snapshot, seen);
    },
    async unrecorded(threadId) {
      checkId("threadId", threadId);
      await context.ready();
      return unrecorded(context, threadId);
    },
    async resolve(threadId, key, resolution) {
      return resolveEffect(context, threadId, key, resolution);
    },
  };
}

function checkOnce<T>(threadId: string, key: string, work: unknown, options: OnceOptions<T>): void {
  checkId("threadId", threadId);
  checkId("key", key);
  if (typeof work !== "function")
    throw new StorageError("INVALID_ARGUMENT", "The work of an effect must be a function.");
  checkObject("The options of an effect", options);
  const { lease, seen, ms, onUnknown = "throw", isNotDone } = options;
  if (lease !== undefined) checkLease(threadId, lease);
  if (seen !== undefined) checkWhole("seen", seen, 1);
  if (ms !== undefined) checkWhole("ms", ms, 1);
  if (onUnknown !== "throw" && typeof onUnknown !== "function")
    throw new StorageError("INVALID_ARGUMENT", 'onUnknown must be "throw" or a function.');
  if (isNotDone !== undefined && typeof isNotDone !== "function")
    throw new StorageError("INVALID_ARGUMENT", "isNotDone must be a function.");
}

/** Times that the thread may begin another life while its effects are read. */
const MAX_LOOKS = 100;
const PAGE = 100;

/** The effects without an outcome, all of one life. */
async function unrecorded(context: StoreContext, threadId: string): Promise<readonly Effect[]> {
  const now = context.now();
  const partition = context.thread(threadId);
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    const life = lifeIn(context, await partition.read([LIFE], now));
    if (!life) return [];
    const begun = await begunEffects(context, threadId, now);
    const beats = begun.map(({ record }) => beatKey(record.key));
    const snapshot = await readMany(partition, [LIFE, LEASE, ...beats], now);
    if (lifeIn(context, snapshot)?.revision !== life.revision) continue;
    return begun.map((one) => effectOf(threadId, one, snapshot));
  }
  throw new ContentionError(
    `The thread began another life during each of ${MAX_LOOKS} looks at its effects.`,
  );
}

async function begunEffects(
  context: StoreContext,
  threadId: string,
  now: number,
): Promise<readonly StoredEffect[]> {
  const partition = context.thread(threadId);
  const { from, to } = prefixRange(EFFECTS);
  const begun: StoredEffect[] = [];
  for (let next: string | undefined = from; next !== undefined; ) {
    const page: Awaited<ReturnType<typeof partition.scan>> = await partition.scan(
      { from: next, to, limit: PAGE },
      now,
    );
    begun.push(...page.records.map(decodeEffect).filter(({ record }) => record.status !== "done"));
    next = page.next;
  }
  return begun;
}

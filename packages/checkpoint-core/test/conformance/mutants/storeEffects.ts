import {
  createStore,
  type EffectInFlightError,
  EffectNotDoneError,
  type EffectStore,
  encodeText,
  isStorageError,
  type OnceResult,
} from "@perdure/checkpoint-core";
import { broken, onWrongBackend, type StoreMutant } from "./brokenStore.ts";

type Once = EffectStore["once"];

const onUnknown = (): "again" => "again";

/** A store whose `once` goes wrong. */
function brokenOnce(
  id: string,
  does: string,
  killedBy: string,
  wrong: (effects: EffectStore) => Once,
): StoreMutant {
  return broken(id, does, killedBy, ({ effects }) => ({
    effects: { ...effects, once: wrong(effects) },
  }));
}

const outcomes = new Map<string, OnceResult<unknown>>();

/** Stores whose side effects are wrong. */
export const effectMutants: readonly StoreMutant[] = [
  brokenOnce(
    "does-what-was-begun",
    "takes an effect that was begun and not recorded for one that nobody has begun, as a retry without records does",
    "effect-killed",
    (right) =>
      async (threadId, key, work, options = {}) => {
        try {
          return await right.once(threadId, key, work, { ...options, onUnknown });
        } catch (error) {
          if (!isStorageError(error) || error.code !== "IN_FLIGHT") throw error;
          const { seen } = (error as EffectInFlightError).effect;
          return right.once(threadId, key, work, { ...options, onUnknown, seen });
        }
      },
  ),
  brokenOnce(
    "begun-is-done",
    "takes an effect that was begun for one that is done",
    "effect-told-apart",
    (right) =>
      async <T>(...call: Parameters<Once>) => {
        const [threadId, key, work, options] = call;
        try {
          return (await right.once(threadId, key, work, options)) as OnceResult<T>;
        } catch (error) {
          if (!isStorageError(error) || error.code !== "IN_FLIGHT") throw error;
          return { value: undefined as T, attempt: 1, replayed: true };
        }
      },
  ),
  brokenOnce(
    "looks-then-does",
    "looks whether an effect is recorded, does it, and records it",
    "effect-race",
    (right) => async (threadId, key, work, options) => {
      const found = await right.get(threadId, key);
      if (found) return right.once(threadId, key, work, options);
      const value = await work({ attempt: 1, idempotencyKey: key });
      return right.once(threadId, key, () => value, options);
    },
  ),
  onWrongBackend(
    "takes-back-the-unacknowledged",
    "deletes the record of an effect whose write was not acknowledged, as if nothing had happened",
    "effect-lost",
    (backend) => ({
      async write(partition, batch) {
        try {
          return await backend.write(partition, batch);
        } catch (error) {
          const key = batch.writes.flatMap((write) =>
            write.op === "put" && write.key.startsWith("once/") ? [write.key] : [],
          )[0];
          if (key !== undefined && isStorageError(error) && error.code === "UNAVAILABLE")
            await backend.write(partition, {
              now: batch.now,
              writes: [{ op: "delete", key, expect: "any" }],
            });
          throw error;
        }
      },
    }),
  ),
  broken(
    "outcome-under-the-lease",
    "records an outcome only while the lease holds",
    "effect-outlives-the-lease",
    (right) => ({
      effects: {
        ...right.effects,
        once: (threadId, key, work, options = {}) =>
          right.effects.once(
            threadId,
            key,
            async (attempt) => {
              const value = await work(attempt);
              const { lease } = options;
              if (lease) await right.commit(threadId, { ms: 1 }, { operationId: key, lease });
              return value;
            },
            options,
          ),
      },
    }),
  ),
  {
    id: "begins-without-the-fence",
    does: "looks at the lease before it begins an effect, and not in the write that begins it",
    killedBy: "store.effect-fence",
    open: ({ backend, ...options }) =>
      createStore({
        ...options,
        backend: {
          ...backend,
          write: (partition, { writes, ...batch }) => {
            const begins = writes.some((write) => "key" in write && write.key.startsWith("once/"));
            const kept = writes.filter(({ op }) => !(begins && op === "check"));
            return backend.write(partition, { ...batch, writes: kept });
          },
        },
      }),
  },
  broken(
    "never-in-flight",
    "takes what is under way for what nobody knows of, and asks a person",
    "effect-told-apart",
    ({ effects }) => ({
      effects: {
        ...effects,
        async get(threadId, key, options = {}) {
          const effect = await effects.get(threadId, key, options);
          return effect?.status === "inFlight"
            ? effects.get(threadId, key, { seen: effect.seen })
            : effect;
        },
      },
    }),
  ),
  brokenOnce(
    "thrown-is-not-done",
    "takes what the work throws for proof that nothing happened",
    "effect-that-throws",
    (right) => (threadId, key, work, options) =>
      right.once(threadId, key, work, { ...options, isNotDone: () => true }),
  ),
  brokenOnce(
    "forgets-what-it-cannot-keep",
    "fails where the outcome cannot be kept, and leaves no record",
    "effect-unkept",
    (right) => (threadId, key, work, options) =>
      right.once(
        threadId,
        key,
        async (attempt) => {
          const value = await work(attempt);
          try {
            encodeText(value);
          } catch (cause) {
            throw new EffectNotDoneError("It cannot be kept.", { cause });
          }
          return value;
        },
        options,
      ),
  ),
  brokenOnce(
    "key-of-each-attempt",
    "gives the service another idempotency key at each attempt",
    "effect-resolved-once",
    (right) => (threadId, key, work, options) =>
      right.once(
        threadId,
        key,
        ({ attempt, idempotencyKey }) =>
          work({ attempt, idempotencyKey: `${idempotencyKey} ${attempt}` }),
        options,
      ),
  ),
  broken(
    "every-word-counts",
    "tells each person that their word on an effect counted",
    "effect-resolved-once",
    ({ effects }) => ({
      effects: {
        ...effects,
        resolve: async (...call) => ({ ...(await effects.resolve(...call)), counted: true }),
      },
    }),
  ),
  brokenOnce(
    "outcomes-by-key",
    "remembers outcomes by their keys, whatever life the thread lives",
    "effect-of-its-thread",
    (right) =>
      async <T>(...call: Parameters<Once>) => {
        const [threadId, key, work, options] = call;
        const name = `${threadId} ${key}`;
        const known = outcomes.get(name);
        const result = known ?? (await right.once(threadId, key, work, options));
        outcomes.set(name, result);
        return result as OnceResult<T>;
      },
  ),
];

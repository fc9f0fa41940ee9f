import type { Store } from "@perdure/checkpoint-core";
import { broken, type StoreMutant } from "./brokenStore.ts";

type Checkpoints = Store["checkpoints"];

/** Stores that know a caller's id, or an operation's, by less than it takes. */
export const ownIdMutants: readonly StoreMutant[] = [
  mutant(
    "own-ids-remembered",
    "remembers in the process which checkpoint an id of a caller's means",
    "own-ids-given-anew",
    (checkpoints) => {
      const known = new Map<string, unknown>();
      return {
        async put(threadId, state, options = {}) {
          const id = await checkpoints.put(threadId, state, options);
          if (options.id !== undefined) known.set(id, state);
          return id;
        },
        async get<S = unknown>(threadId: string, id?: string) {
          const state = await checkpoints.get<S>(threadId, id);
          return id !== undefined && known.has(id) ? (known.get(id) as S) : state;
        },
      };
    },
  ),
  mutant(
    "deletes-again",
    "deletes one checkpoint as often as it is asked, whatever the operation",
    "deletion-replayed",
    (checkpoints) => ({
      delete: (threadId, id) => checkpoints.delete(threadId, id),
    }),
  ),
  mutant(
    "attaches-by-key",
    "names an attachment's operation by its key alone",
    "attachments-of-one-operation",
    (checkpoints) => {
      const done = new Set<string>();
      return {
        async attach(threadId, id, key, value, options = {}) {
          const name = options.operationId && `${options.operationId}/${key}`;
          if (name !== undefined && done.has(name)) return;
          await checkpoints.attach(threadId, id, key, value, options);
          if (name !== undefined) done.add(name);
        },
      };
    },
  ),
];

function mutant(
  id: string,
  does: string,
  killedBy: string,
  wrong: (right: Checkpoints) => Partial<Checkpoints>,
): StoreMutant {
  return broken(id, does, killedBy, ({ checkpoints }) => ({
    checkpoints: { ...checkpoints, ...wrong(checkpoints) },
  }));
}

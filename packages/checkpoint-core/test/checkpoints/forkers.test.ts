import { expect, test } from "vitest";
import { createStore, isStorageError, memoryBackend, type Store } from "../../src/index.ts";
import { retried } from "../runs/faults.ts";
import { randomFrom, Scheduler } from "../runs/scheduler.ts";

const count = 130;
const values = Array.from({ length: count }, (_, index) => index);

/** A thread of this user, with a checkpoint behind a history of more than one write. */
async function origin(store: Store, threadId: string): Promise<string> {
  const entries = values.map((value) => ({
    id: `${threadId} ${value}`,
    value: `${threadId} ${value}`,
  }));
  await store.history.append(threadId, entries.slice(0, 90));
  await store.history.append(threadId, entries.slice(90));
  const id = await store.checkpoints.put(threadId, { of: threadId });
  await store.checkpoints.attach(threadId, id, "of", threadId);
  return id;
}

async function outcome(store: Store, threadId: string, id: string): Promise<string> {
  try {
    return await retried(async () => store.checkpoints.fork(threadId, id, "target"));
  } catch (error) {
    if (isStorageError(error)) return error.code;
    throw error;
  }
}

/** A thread that is forked, whose it is, and what its forks were told. */
interface Forked {
  readonly threadId: string;
  readonly user: string;
  readonly id: string;
  readonly answers: string[];
}

/** The target is one of these as it was, and each of them was told what has become of it. */
async function showsOne(whole: Store, forks: readonly Forked[]): Promise<void> {
  const made = await whole.checkpoints.get<{ of: string }>("target");
  const winner = forks.find(({ threadId }) => threadId === made?.of);
  const owner = (await whole.threads.get("target"))?.owner;
  expect(winner?.user).toBe(owner);
  const read = (await whole.history.read("target")).map(({ value }) => value);
  expect(read).toEqual(values.map((value) => `${winner?.threadId} ${value}`));
  const listed = await whole.checkpoints.list("target");
  expect(listed).toHaveLength(1);
  const id = listed[0]?.id ?? "";
  const kept = await whole.checkpoints.attachments("target", id);
  expect(kept).toEqual([{ key: "of", value: winner?.threadId }]);
  for (const fork of forks) {
    const refusal = fork.user === owner ? "CONFLICT" : "FORBIDDEN";
    expect(new Set(fork.answers)).toEqual(new Set([fork === winner ? id : refusal]));
  }
}

test.each([
  ["two users", "ann", "bob"],
  ["one user", "ann", "ann"],
])(
  "of two forks by %s to one thread at once one is made, whole, and the other refused",
  async (_, one, other) => {
    for (let seed = 1; seed <= 25; seed += 1) {
      const backend = memoryBackend();
      const open = (user: string, through = backend): Store =>
        createStore({ backend: through, scope: { user } });
      const make = async (threadId: string, user: string): Promise<Forked> => {
        return { threadId, user, id: await origin(open(user), threadId), answers: [] };
      };
      const forks = [await make("first", one), await make("second", other)];
      const scheduler = new Scheduler(backend, randomFrom(seed), 4);
      for (const { threadId, user, id, answers } of [...forks, ...forks])
        scheduler.spawn(async (mine) => {
          answers.push(await outcome(open(user, mine), threadId, id));
        });
      await scheduler.run();
      // Whoever was killed is tried again.
      for (const { threadId, user, id, answers } of forks)
        answers.push(await outcome(open(user), threadId, id));
      await showsOne(createStore({ backend }), forks);
    }
  },
);

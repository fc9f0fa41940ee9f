import { type Backend, createStore } from "@perdure/checkpoint-core";
import { broken, type StoreMutant } from "./brokenStore.ts";

/** Stores that forget what nobody asks for. */
export const forgottenMutants: readonly StoreMutant[] = [
  over("lists-no-open", "takes a thread without an entry in the index", "open-threads", (batch) =>
    batch.partition.startsWith("open/") ? [] : batch.writes,
  ),
  broken(
    "open-of-tenant",
    "lists the open threads of the scope's tenant alone",
    "open-threads",
    (right) => ({
      async openThreads(options) {
        const page = await right.openThreads(options);
        const own = page.threads.filter(({ tenant }) => tenant === right.scope.tenant);
        return { ...page, threads: own };
      },
    }),
  ),
  broken(
    "waits-for-nobody",
    "says that every suspended run may go on",
    "open-threads",
    (right) => ({
      async openThreads(options) {
        const page = await right.openThreads(options);
        const threads = page.threads.map((one) =>
          one.state === "waiting" ? { ...one, state: "due" as const } : one,
        );
        return { ...page, threads };
      },
    }),
  ),
  over(
    "unlists-at-sight-of-idle",
    "takes a thread out of the list that was listed again since it was read",
    "open-while-unlisted",
    ({ partition, writes }) =>
      partition.startsWith("open/")
        ? writes.map((one) => (one.op === "delete" ? { ...one, expect: "any" as const } : one))
        : writes,
  ),
  broken("stands-still", "tells the fence in place of the pulse", "standing", ({ runs }) => ({
    runs: {
      ...runs,
      async standing(threadId) {
        const found = await runs.standing(threadId);
        return found && { ...found, seen: found.fence };
      },
    },
  })),
  broken(
    "one-pulse-for-all",
    "lets a part of the work shorten the silence of another",
    "silence-of-a-part",
    ({ runs }) => ({ runs: { ...runs, pulse: (lease, { ms }) => runs.pulse(lease, { ms }) } }),
  ),
  broken(
    "silent-for-ever",
    "goes on waiting for a part that has spoken again",
    "silence-of-a-part",
    ({ runs }) => ({ runs: { ...runs, heard: async () => undefined } }),
  ),
  broken(
    "supersedes-in-silence",
    "says once at most which run it has superseded",
    "superseded-told",
    ({ runs }) => ({
      runs: {
        ...runs,
        async begin(threadId, options) {
          const answer = await runs.begin(threadId, options);
          if (answer.status !== "leased") return answer;
          const { superseded, ...rest } = answer;
          return superseded === undefined ? answer : rest;
        },
      },
    }),
  ),
  broken("reminds-once", "tells a reminder once, whoever hears it", "reminder-told", (right) => ({
    async maintain(budget) {
      const report = await right.maintain(budget);
      const fresh = report.reminders.filter(({ id }) => !heard.has(id));
      for (const { id } of fresh) heard.add(id);
      return { ...report, reminders: fresh };
    },
  })),
  over("notes-no-reminder", "sets a reminder without a note", "reminder-told", (batch) =>
    batch.partition.startsWith("work/") ? [] : batch.writes,
  ),
  broken("ends-again", "counts every end of a reminder", "reminder-ends-once", ({ reminders }) => ({
    reminders: {
      ...reminders,
      end: async (...call) => ({ ...(await reminders.end(...call)), counted: true }),
    },
  })),
  broken(
    "ends-in-any-life",
    "ends a reminder of another life",
    "reminder-ends-once",
    ({ reminders }) => ({
      reminders: {
        ...reminders,
        end: (threadId, id, { life, ...end }) =>
          reminders.end(threadId, id, life === undefined ? end : { ...end, life: undefined }),
      },
    }),
  ),
];

const heard = new Set<string>();

interface Batch {
  readonly partition: string;
  readonly writes: Parameters<Backend["write"]>[1]["writes"];
}

/** Our store, of which these entries of a write are made in place of those that were asked for. */
function over(
  id: string,
  does: string,
  killedBy: string,
  made: (batch: Batch) => Batch["writes"],
): StoreMutant {
  const wrong = (backend: Backend): Backend => ({
    ...backend,
    async write(partition, { writes, ...batch }) {
      const left = made({ partition, writes });
      if (left.length === 0) return { revision: 0 };
      return backend.write(partition, { ...batch, writes: left });
    },
  });
  return {
    id,
    does,
    killedBy: `store.${killedBy}`,
    open: ({ backend, ...options }) => createStore({ ...options, backend: wrong(backend) }),
  };
}

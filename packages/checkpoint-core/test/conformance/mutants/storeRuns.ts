import { randomUUID } from "node:crypto";
import { createStore, type Lease } from "@perdure/checkpoint-core";
import { broken, type StoreMutant } from "./brokenStore.ts";

/** The leases that all stores here have given, in order. */
const leases = new Set<Lease>();

/** Stores whose runs and approvals are wrong. */
export const runMutants: readonly StoreMutant[] = [
  broken("takes-the-thread", "gives the thread to whoever comes", "one-holder", ({ runs }) => ({
    runs: {
      ...runs,
      begin: (threadId, options) => runs.begin(threadId, { ...options, whenBusy: "cancel" }),
    },
  })),
  broken(
    "begin-without-identity",
    "takes a retried begin for another execution's",
    "begin-replay",
    ({ runs }) => ({
      runs: {
        ...runs,
        begin: (threadId, options) =>
          runs.begin(threadId, { ...options, operationId: randomUUID(), execution: randomUUID() }),
      },
    }),
  ),
  broken(
    "conversation-on-sight",
    "writes a conversation before its run has the thread",
    "conversation-ahead",
    ({ runs, history }) => ({
      runs: {
        ...runs,
        async start(threadId, { message, ...options }) {
          if (!message) return runs.start(threadId, options);
          const { ahead = [], ...own } = message;
          if ((await history.count(threadId)) === 0) await history.append(threadId, ahead);
          return runs.start(threadId, { ...options, message: own });
        },
      },
    }),
  ),
  broken("latest-lease", "writes under whichever lease was given last", "fence", (right) => ({
    runs: {
      ...right.runs,
      async begin(threadId, options) {
        const answer = await right.runs.begin(threadId, options);
        if (answer.status === "leased") leases.add(answer.lease);
        return answer;
      },
    },
    commit: (threadId, changes, { lease, ...options }) => {
      const last = lease && [...leases.values()].at(-1);
      return right.commit(threadId, changes, last ? { ...options, lease: last } : options);
    },
  })),
  {
    id: "writes-unchecked",
    does: "writes without the checks that it was given, the fence among them",
    killedBy: "store.fence-in-the-write",
    open: ({ backend, ...options }) =>
      createStore({
        ...options,
        backend: {
          ...backend,
          write: (partition, { writes, ...batch }) =>
            backend.write(partition, {
              ...batch,
              writes: writes.filter(({ op }) => op !== "check"),
            }),
        },
      }),
  },
  broken(
    "takes-over-at-once",
    "takes a busy run over without having seen it silent",
    "pulse-moves",
    ({ runs }) => ({
      runs: {
        ...runs,
        async begin(threadId, options) {
          const answer = await runs.begin(threadId, options);
          if (answer.status !== "busy" || options.seen === undefined) return answer;
          return runs.begin(threadId, { ...options, operationId: randomUUID(), seen: answer.seen });
        },
      },
    }),
  ),
  broken(
    "answers-itself",
    "answers a commit with what it was given, not with what is stored",
    "first-answer-stands",
    (right) => ({
      async commit(threadId, changes, options) {
        const result = await right.commit(threadId, changes, options);
        return result.status === "committed" && changes.answer
          ? { ...result, answer: changes.answer.value }
          : result;
      },
    }),
  ),
  broken(
    "forgets-the-queue",
    "names nobody to wake when a settle is retried",
    "queue",
    ({ runs }) => ({
      runs: {
        ...runs,
        async settle(...call) {
          const { next, ...result } = await runs.settle(...call);
          return result.replayed || next === undefined ? result : { ...result, next };
        },
      },
    }),
  ),
  broken(
    "each-decision-counts",
    "tells each person that the decision counted",
    "first-decision-stands",
    ({ approvals }) => ({
      approvals: {
        ...approvals,
        decide: async (...call) => ({ ...(await approvals.decide(...call)), counted: true }),
      },
    }),
  ),
  broken(
    "decides-unseen",
    "takes a decision for other arguments than were shown",
    "decisions-of-nothing",
    ({ approvals }) => ({
      approvals: {
        ...approvals,
        decide: (threadId, reference, decision) => approvals.decide(threadId, reference, decision),
      },
    }),
  ),
];

import type { Approval, Run, Store } from "@perdure/checkpoint-core";
import type { Defect } from "../defect.ts";

/** Stores that answer one of the protocol's questions wrongly. */
export const wrongStores: readonly Defect[] = [
  {
    id: "answers-itself",
    does: "a commit is answered with what it was given, not with what is stored",
    store: (right) => ({
      async commit(threadId, changes, options) {
        const result = await right.commit(threadId, changes, options);
        return result.status === "committed" && changes.answer
          ? { ...result, answer: changes.answer.value }
          : result;
      },
    }),
  },
  {
    id: "forgets-the-queue",
    does: "a commit that is repeated names nobody to wake",
    store: (right) => ({
      async commit(threadId, changes, options) {
        const result = await right.commit(threadId, changes, options);
        if (result.status !== "committed" || !result.replayed) return result;
        const { next: _, ...rest } = result;
        return rest;
      },
    }),
  },
  {
    id: "takes-over-at-once",
    does: "a busy run is taken over without having been seen silent",
    store: (right) =>
      runs(right, {
        async claim(threadId, options) {
          const answer = await right.runs.claim(threadId, options);
          if (answer.status !== "busy") return answer;
          const operationId = `${options.operationId}/again`;
          return right.runs.claim(threadId, { ...options, operationId, seen: answer.seen });
        },
      }),
  },
  {
    id: "anyone-restarts-a-failure",
    does: "a doubled resume starts a failed run again",
    store: (right) =>
      runs(right, {
        async claim(threadId, options) {
          const run = await right.runs.get(options.runId);
          const retry = run?.status === "failed" ? run.revision : options.retry;
          return right.runs.claim(threadId, { ...options, retry });
        },
      }),
  },
  {
    id: "blind-look",
    does: "a step does not see what is stored already, nor that its run is another's",
    store: (right) =>
      runs(right, {
        look: async () => ({ held: true }),
      }),
  },
  {
    id: "looks-past-the-lease",
    does: "a step does not see that its run is another's",
    store: (right) =>
      runs(right, {
        look: async (lease, at) => ({ ...(await right.runs.look(lease, at)), held: true }),
      }),
  },
  {
    id: "sends-only-when-ready",
    does: "a decision wakes the run only where it waits for nothing else any more",
    store: (right) => ({
      approvals: {
        ...right.approvals,
        async decide(threadId, reference, decision, options) {
          const before = await runOfDecision(right, reference.runId);
          const { wake, ...decided } = await right.approvals.decide(
            threadId,
            reference,
            decision,
            options,
          );
          const pending = await pendingOf(right, before);
          return wake && pending.length === 0 && before?.status === "suspended"
            ? { ...decided, wake }
            : decided;
        },
      },
    }),
  },
  {
    id: "starts-unrecorded",
    does: "a run is not recorded before its event is sent",
    store: (right) =>
      runs(right, {
        async start(threadId, options) {
          const { runId, input } = options;
          const found = await right.runs.get(runId);
          if (found) return right.runs.start(threadId, options);
          const lifeOfNone = 1;
          const run: Run = {
            id: runId,
            threadId,
            life: lifeOfNone,
            status: "queued",
            input,
            approvals: [],
            resumeWhen: "all",
            revision: 1,
          };
          return { status: "recorded", run, replayed: false };
        },
      }),
  },
];

/** Stores that lose a rule of what is done once, handed over or noticed. */
export const wrongHandovers: readonly Defect[] = [
  {
    id: "does-it-again",
    does: "an effect of which nobody knows what became is done again, and nobody is asked",
    store: (right) => ({
      effects: {
        ...right.effects,
        once: async (threadId, key, work, options) =>
          right.effects.once(threadId, key, work, { ...options, onUnknown: () => "again" }),
      },
    }),
  },
  {
    id: "begins-anew",
    does: "a begin is not known again when its step is delivered twice",
    store: (right) => {
      let count = 0;
      const anew = <T extends { readonly operationId: string }>(options: T): T => {
        count += 1;
        return { ...options, operationId: `${options.operationId}/${count}/${Math.random()}` };
      };
      return runs(right, {
        begin: async (threadId, options) => right.runs.begin(threadId, anew(options)),
        claim: async (threadId, options) => right.runs.claim(threadId, anew(options)),
      });
    },
  },
  {
    id: "cancel-wakes-nobody",
    does: "a cancel does not say which run is next",
    store: (right) =>
      runs(right, {
        async cancel(runId, options) {
          const { next: _, ...rest } = await right.runs.cancel(runId, options);
          return rest;
        },
      }),
  },
];

function runs(right: Store, wrong: Partial<Store["runs"]>): Partial<Store> {
  return { runs: { ...right.runs, ...wrong } };
}

async function runOfDecision(store: Store, runId: string | undefined): Promise<Run | undefined> {
  return runId === undefined ? undefined : store.runs.get(runId);
}

async function pendingOf(store: Store, run: Run | undefined): Promise<readonly Approval[]> {
  if (run === undefined) return [];
  const all = await store.approvals.pending(run.threadId);
  return all.filter((one) => one.runId === run.id);
}

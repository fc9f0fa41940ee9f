import type { Backend, BeginAnswer, Store } from "@perdure/checkpoint-core";
import { broken, onWrongBackend, type StoreMutant } from "./brokenStore.ts";

/** Stores whose runs go on wrongly: twice, after their end, without what was decided, or from elsewhere. */
export const resumeMutants: readonly StoreMutant[] = [
  broken(
    "resumes-by-run",
    "names a resume by its run: a doubled one gets the first one's lease, and the tool runs again (peers)",
    "doubled-resume",
    ({ runs }) => ({
      runs: {
        ...runs,
        claim: (threadId, options) =>
          runs.claim(threadId, { ...options, operationId: "resume", execution: "resume" }),
      },
    }),
  ),
  broken(
    "resumes-what-is-done",
    "starts a run once more whose success is stored (peers)",
    "resume-after-success",
    ({ runs }) => {
      const anew =
        (verb: "begin" | "claim"): Store["runs"]["begin"] =>
        async (threadId, options): Promise<BeginAnswer> => {
          const answer = await runs[verb](threadId, options);
          const isDone = answer.status === "ended" && answer.reason === "final";
          if (!isDone) return answer;
          return runs.begin(threadId, { ...options, runId: `${options.runId} again` });
        };
      return { runs: { ...runs, begin: anew("begin"), claim: anew("claim") } };
    },
  ),
  onWrongBackend(
    "decides-only-what-waits",
    "loses a decision that comes before the run waits for it (peers: the event was sent before the wait began)",
    "decision-before-the-wait",
    (backend) => ({
      write: async (partition, batch) =>
        isEarlyDecision(batch) ? { revision: 1 } : backend.write(partition, batch),
    }),
  ),
  broken(
    "waits-again-elsewhere",
    "saves the state of a second suspension under a thread of its own (peers)",
    "second-suspension",
    (right) => ({
      async commit(threadId, { checkpoint, ...changes }, options) {
        const state = checkpoint && "state" in checkpoint ? checkpoint.state : undefined;
        const isSecond = state !== undefined && (await right.checkpoints.get(threadId)) !== null;
        if (!isSecond)
          return right.commit(threadId, checkpoint ? { ...changes, checkpoint } : changes, options);
        await right.checkpoints.put(`${threadId} waits`, state);
        return right.commit(threadId, changes, options);
      },
    }),
  ),
  onWrongBackend(
    "effects-among-entries",
    "keeps effects where the scan of a history finds them",
    "neighbours",
    (backend) => ({
      read: async (partition, keys, now) => backend.read(partition, keys.map(moved), now),
      write: async (partition, { writes, ...batch }) =>
        backend.write(partition, {
          ...batch,
          writes: writes.map((one) => ("key" in one ? { ...one, key: moved(one.key) } : one)),
        }),
    }),
  ),
  broken(
    "answers-are-approvals",
    "takes an answer for a changed input that was approved",
    "answers-of-people",
    ({ approvals }) => ({
      approvals: {
        ...approvals,
        decide: (threadId, reference, decision, options) =>
          approvals.decide(
            threadId,
            reference,
            decision.kind === "answer" ? { kind: "approve", input: decision.value } : decision,
            options,
          ),
      },
    }),
  ),
  broken(
    "answers-in-words",
    "makes a text of an answer in data",
    "answers-of-people",
    ({ approvals }) => ({
      approvals: {
        ...approvals,
        decide: (threadId, reference, decision, options) =>
          approvals.decide(
            threadId,
            reference,
            decision.kind === "answer" ? { ...decision, value: String(decision.value) } : decision,
            options,
          ),
      },
    }),
  ),
];

/** Whether a write decides what was not asked yet: it makes an approval, and is no commit of the run. */
function isEarlyDecision({ writes }: Parameters<Backend["write"]>[1]): boolean {
  const makes = writes.some(
    (one) => one.op === "put" && one.key.startsWith("approval/") && one.expect === "absent",
  );
  return makes && !writes.some((one) => one.op === "put" && one.key.startsWith("o/"));
}

function moved(key: string): string {
  return key.replace(/^once\//, "effect/");
}

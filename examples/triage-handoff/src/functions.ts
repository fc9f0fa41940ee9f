import type { Store } from "@perdure/checkpoint-core";
import {
  type AsStepResult,
  type DurableAgent,
  finalizeRun,
  type LoopOutput,
  perdureMiddleware,
  resumeAsStep,
  runAsStep,
} from "@perdure/inngest-bridge";
import { eventType, type Inngest, staticSchema } from "inngest";

/** A customer has said something. */
export const asked = eventType("agent/run", {
  schema: staticSchema<{ readonly threadId: string; readonly prompt: string }>(),
});

/** A person has decided on what a run waits for. It is sent by trusted code: the function vouches for it. */
export const decided = eventType("agent/decided", {
  schema: staticSchema<{
    readonly threadId: string;
    readonly runId: string;
    readonly callId: string;
    readonly by: string;
  }>(),
});

/** Two Inngest functions of one's own: one begins a run, one goes on with it. Each that sees its end counts all of it. */
export function functions({
  inngest,
  store,
  agent,
}: {
  readonly inngest: Inngest.Any;
  readonly store: Store;
  readonly agent: DurableAgent;
}) {
  const middleware = [perdureMiddleware];
  return [
    inngest.createFunction(
      { id: "run-agent", triggers: [asked], middleware },
      async ({ event, step }) => counted(await runAsStep(step, agent, { ...event.data, store })),
    ),
    inngest.createFunction(
      { id: "decide", triggers: [decided], middleware },
      async ({ event, step }) => {
        const { threadId, runId, callId, by } = event.data;
        const decisions = { [callId]: { decision: "approve" } } as const;
        return counted(await resumeAsStep(step, agent, threadId, { store, runId, by, decisions }));
      },
    ),
  ];
}

/** What a function answers: what its run waits for, or what came of it, in numbers. */
async function counted({ result, suspended, report }: AsStepResult) {
  if (suspended)
    return { waitsFor: suspended.approvals.map(({ tool }) => tool), runId: report.runId };
  if (!result) return { status: report.status };
  return finalizeRun(result as LoopOutput, { agentName: "Triage", model: "gpt-5-mini" });
}

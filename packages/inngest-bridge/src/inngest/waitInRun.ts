import { digestOf, StorageError } from "@perdure/checkpoint-core";
import type { Inngest } from "inngest";
import type { InngestStep } from "../steps/inngestStep.ts";
import type { Waiting } from "../host.ts";
import { type AgentEvent, bellEventType } from "./events.ts";

/** Lets a suspended run wait for its decisions in the execution that suspended it, so that one trace shows all of it. */
export interface WaitInRun {
  /** How long, in milliseconds, from a second to 365 days. Then the execution ends, and the run goes on in a new one when somebody decides. */
  readonly timeoutMs: number;
}

/** `perdure/agent.run.ready`: ends the wait of the execution that is named by `bell`. It decides nothing, whoever sends it. */
export const runReady: AgentEvent<"perdure/agent.run.ready", { readonly bell: string }> =
  bellEventType("perdure/agent.run.ready");

const LEAST_MS = 1000;
const MOST_MS = 365 * 24 * 60 * 60 * 1000;

/** Throws `INVALID_ARGUMENT`. */
export function checkWaitInRun(waitInRun: WaitInRun | undefined): void {
  if (waitInRun === undefined) return;
  const { timeoutMs, ...others } = waitInRun ?? {};
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) refuse(`waitInRun has no option "${unknown}".`);
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < LEAST_MS || timeoutMs > MOST_MS)
    refuse(`waitInRun.timeoutMs must be a whole number from ${LEAST_MS} to ${MOST_MS}.`);
}

/** The waits of one execution, made of Inngest's. */
export function waitingIn(
  inngest: Inngest.Any,
  step: InngestStep,
  { timeoutMs }: WaitInRun,
): Waiting {
  return {
    timeoutMs,
    async wait(id, bell, ms) {
      const heard = await step.waitForEvent(id, {
        event: runReady.name,
        timeout: ms,
        if: `async.data.bell == ${JSON.stringify(bell)}`,
      });
      return heard ? "rung" : "over";
    },
    ring: async (bell, name) => ring(inngest, bell, name),
  };
}

/** Ends the waits on a bell. */
export async function ring(inngest: Inngest.Any, bell: string, name: string): Promise<void> {
  const id = `perdure:ring:${digestOf([bell, name]).slice(0, 40)}`;
  await inngest.send({ id, name: runReady.name, data: { bell } });
}

function refuse(message: string): never {
  throw new StorageError("INVALID_ARGUMENT", message);
}

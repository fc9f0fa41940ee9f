import type { StepName, Taken } from "./agent.ts";
import { crossedStep } from "./crossed.ts";
import type { Host } from "./host.ts";
import { StepFailure } from "./steps/failure.ts";
import { callbackOf, callEnding, type StoredPlace } from "./streams/callbacks.ts";
import { endingOf, type RunEnding } from "./streams/ending.ts";
import { answerEvents, resultEvents } from "./streams/parts.ts";
import type { RunEvent } from "./streams/vocabulary.ts";
import { storedRun } from "./streams/watch.ts";

/** Calls, in steps of their own, those that want to hear of what a step has stored. */
export async function callAfterStep(
  host: Host,
  taken: Taken,
  { id }: StepName,
  places: readonly StoredPlace[],
): Promise<void> {
  const { onChunk, onStepFinish } = host.callbacks ?? {};
  for (const place of places) {
    const told = async (): Promise<readonly RunEvent[]> => eventsAt(taken, id, place);
    if (onStepFinish)
      await callOnce(host, "onStepFinish", id, async () => {
        for (const { event, data } of await told())
          if (event === "step.completed") await onStepFinish(data);
      });
    if (!onChunk) continue;
    for (let nth = 0; nth < place.parts; nth += 1)
      await callOnce(host, "onChunk", `${id}:${nth}`, async () => {
        const event = (await told()).filter(isPart)[nth];
        if (event) await onChunk(event);
      });
  }
}

/** Calls, in a step of its own, the one that wants to hear how the run came to rest here. */
export async function callAfterRun(
  host: Host,
  runId: string,
  status: RunEnding["status"],
): Promise<void> {
  const { store, callbacks = {} } = host;
  const name = callbackOf(status);
  if (callbacks[name])
    await callOnce(host, name, status, async () => {
      const run = await storedRun(store, runId);
      // It may have gone on since.
      if (run.status === status) await callEnding(callbacks, await endingOf(store, run));
    });
}

function isPart(event: RunEvent): event is RunEvent<"part.completed"> {
  return event.event === "part.completed";
}

async function eventsAt(
  { store, lease }: Taken,
  stepId: string,
  { turn, callId }: StoredPlace,
): Promise<readonly RunEvent[]> {
  const { answer, result } = await store.runs.look(lease, { turn, callId });
  const { runId, threadId } = lease;
  const place = { runId, threadId, turn };
  if (result) return resultEvents(place, stepId, result);
  return answer ? answerEvents(place, stepId, answer) : [];
}

/** A callback whose attempts are used up is given up: its step says so, and the run goes on. */
async function callOnce(
  host: Host,
  name: string,
  about: string,
  call: () => Promise<void>,
): Promise<void> {
  try {
    await crossedStep(host, { id: `${name}:${about}`, name }, call);
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
  }
}

import { type Json, wellFormed } from "./canonical.ts";
import { correlationOf, type EventData, eventPayload, listedEvent } from "./event.ts";
import { resume } from "./progress.ts";
import type { Run, RunError, RunStatus } from "./run.ts";
import { dropWaits } from "./waits.ts";
import type { World } from "./world.ts";

export type Outcome =
  | { readonly status: "Completed"; readonly output: Json }
  | { readonly status: "Failed"; readonly error: RunError; readonly output?: Json }
  | { readonly status: "Cancelled" };

/** Ends a run once: records the outcome, resumes who invoked it, and sends the server's events. */
export function finish(world: World, run: Run, outcome: Outcome): void {
  if (run.status !== "Running") return;
  run.status = outcome.status;
  run.endedAt = world.clock.now();
  if (outcome.status === "Completed") run.output = outcome.output;
  if (outcome.status === "Failed") run.error = outcome.error;
  if (outcome.status === "Failed" && outcome.output !== undefined) run.answer = outcome.output;
  world.agenda.removeRun(run.id);
  dropWaits(world, run.id);
  announce(world, run, outcome);
}

const silent = new Set(["inngest/function.failed", "inngest/function.finished"]);

function announce(world: World, run: Run, outcome: Outcome): void {
  const data = finishedData(run, outcome);
  const correlation = correlationOf(run.event);
  if (correlation !== undefined) answerInvocation(world, correlation, data);
  if (silent.has(run.event.name)) return;
  send(world, world.random.ulid(world.clock.now()), "inngest/function.finished", data);
  const second = names[outcome.status];
  if (second !== undefined) send(world, run.id, second, data);
}

const names: { readonly [status in RunStatus]?: string } = {
  Failed: "inngest/function.failed",
  Cancelled: "inngest/function.cancelled",
};

function finishedData(run: Run, outcome: Outcome): EventData {
  const event = eventPayload(run.event);
  const correlation = correlationOf(run.event);
  return wellFormed({
    _inngest: { status: outcome.status },
    ...(correlation === undefined ? {} : { correlation_id: correlation }),
    ...(outcome.status === "Failed" ? { error: { ...outcome.error } } : {}),
    event,
    events: run.events.map(listedEvent),
    function_id: run.definition.id,
    ...("output" in outcome ? { result: outcome.output } : {}),
    run_id: run.id,
  });
}

function answerInvocation(world: World, correlation: string, data: EventData): void {
  const wait = [...world.waits].find(({ kind, on }) => kind === "invoke" && on === correlation);
  if (wait === undefined) return;
  const { error, result } = data;
  resume(world, wait, error === undefined ? { data: result ?? null } : { error });
}

function send(world: World, id: string, name: string, data: EventData): void {
  const now = world.clock.now();
  world.agenda.add(now, {
    kind: "event",
    event: { internalId: id, name, data, id, ts: now, user: {} },
  });
}

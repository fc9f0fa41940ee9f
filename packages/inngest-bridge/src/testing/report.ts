import type { Json } from "./canonical.ts";
import { type EventData, listedEvent } from "./event.ts";
import type { Run } from "./run.ts";
import { fetchedAt, json, type Visit } from "./visit.ts";

/** `GET /v0/runs/:run/batch`: the events of a run whose call was too large for them. */
export function batch({ world, id }: Visit): Response {
  const run = world.runs.get(id);
  return run === undefined ? unknownRun(id) : json(200, run.events.map(listedEvent));
}

/** `GET /v0/runs/:run/actions`: the memoised steps of a run whose call was too large for them. */
export function actions({ world, id }: Visit): Response {
  const run = world.runs.get(id);
  return run === undefined ? unknownRun(id) : json(200, run.memoised());
}

/** `GET /v1/runs/:run`: what became of a run. */
export function getRun({ world, id }: Visit): Response {
  const run = world.runs.get(id);
  if (run === undefined) return unknownRun(id);
  const data = {
    ...summary(run),
    run_started_at: new Date(run.startedAt).toISOString(),
    ended_at: run.endedAt === undefined ? null : new Date(run.endedAt).toISOString(),
  };
  return json(200, { data, metadata: fetchedAt(world) });
}

/** `GET /v1/events/:event/runs`: the runs that an event began. */
export function eventRuns({ world, id }: Visit): Response {
  const runs = [...world.runs.values()].filter(({ events }) =>
    events.some(({ internalId, id: own }) => internalId === id || own === id),
  );
  return json(200, { data: runs.map(summary), metadata: fetchedAt(world) });
}

function summary(run: Run): EventData {
  return {
    run_id: run.id,
    function_id: run.definition.id,
    status: run.status,
    output: reportOf(run),
    event_id: run.event.internalId,
  };
}

/** What a report shows as the output: of a failure of the server's own, the error behind the text. */
function reportOf(run: Run): Json {
  if (run.status === "Cancelled") return {};
  if (run.output !== undefined) return run.output;
  const answer = run.answer ?? run.error?.message ?? null;
  if (typeof answer !== "string" || !answer.startsWith("{")) return answer;
  return JSON.parse(answer) as Json;
}

function unknownRun(id: string): Response {
  return json(404, { error: `There is no run "${id}".`, status: 404 });
}

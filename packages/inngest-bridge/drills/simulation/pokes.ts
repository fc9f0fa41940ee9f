import { ofTenant } from "./above.ts";
import { later } from "./calls.ts";
import { EVENTS, ownerOf } from "./doors.ts";
import type { House } from "./house.ts";
import type { FaultKind } from "./kinds.ts";
import { oneOf, type RunScript } from "./script.ts";
import { REQUESTS } from "./spots.ts";
import { leavingOf, type Station, stationOf } from "./stations.ts";

/** How often somebody looks whether a run is at its station, and after how long each time. */
const LOOKS = 20;
const LOOK_MS = [5000, 20_000, 60_000] as const;

/** What leaves a run where it is, and what does not. */
const HARMLESS = ["resume", "resume", "rerun"] as const;
const LEAVING = ["cancel", "delete", "message", "cancel-execution", "redeploy", "retry"] as const;

/** Does something to a run that nobody expects. */
type Does = (kind: FaultKind<"outside">, runId: string) => void;

/** People come back to the runs of a seed that has a station, for as long as they are there: each time the server makes a request more for them. */
export function pokeAll(house: House, unexpected: Does): void {
  const { stage, script } = house;
  const station = stationOf(stage.seed);
  if (!station) return;
  if (station.state === "ended")
    house.ledger.heard.push(({ id, status }) => {
      if (status === "queued") unexpected("cancel", id);
    });
  for (const run of script.runs) poke(house, run, { station, unexpected, left: LOOKS });
}

interface Poking {
  readonly station: Station;
  readonly unexpected: Does;
  readonly left: number;
}

function poke(house: House, run: RunScript, poking: Poking): void {
  const { stage, faults, ledger } = house;
  const { station, unexpected, left } = poking;
  const ms = left === LOOKS ? run.at + 1000 : oneOf(stage.random, LOOK_MS);
  later(house, `${run.runId} is looked at`, ms, async () => {
    if (faults.isCalm || left === 0) return;
    poke(house, run, { ...poking, left: left - 1 });
    const { state, request = 0 } = ledger.standing(run.runId);
    if (state !== station.state || request > REQUESTS) return;
    if (state === "none") await askAgain(house, run, left);
    else if (request < leavingOf(stage.seed)) unexpected(oneOf(stage.random, HARMLESS), run.runId);
    else unexpected(oneOf(stage.random, LEAVING), run.runId);
  });
}

/** Somebody sends the event of a run once more, as another event. */
async function askAgain(house: House, run: RunScript, count: number): Promise<void> {
  const { server, tenant, fields } = house;
  const { runId, threadId, by } = run;
  if (by === "start") return;
  await server.send({
    id: ofTenant(tenant, `event-${runId}-${count}`),
    name: EVENTS[ownerOf(house, runId)].run,
    data: { threadId, runId, prompt: ofTenant(tenant, runId), ...fields },
  });
}

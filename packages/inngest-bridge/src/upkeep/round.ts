import { digestOf, type MaintenanceReport, type Run, type Store } from "@perdure/checkpoint-core";
import type { Inngest } from "inngest";
import { crossedStep, type StepHost } from "../crossed.ts";
import { unlessDeleted } from "../deleted.ts";
import { StepFailure } from "../steps/failure.ts";
import { upkeepContinued } from "./events.ts";
import { dueEvent } from "./followUps.ts";
import { isSeenTo } from "../subagents/above.ts";
import { isWatched, isWithin, storeFor, type Suspect, suspectOf, unmoved } from "./suspects.ts";
import { endOrphan, hasNoEvent } from "./orphans.ts";
import { closeWaits } from "./waits.ts";
import { isWokenByNobody, type WakeEvent, wakeOf } from "./wakes.ts";

/** Whose runs a round looks after. */
export interface Upkeep {
  readonly inngest: Inngest.Any;
  /** Names the round's own events. */
  readonly id: string;
  readonly store: Store;
  readonly maintainMs: number;
  /** Whether the run is to be woken here. */
  readonly isOwn: (run: Run) => boolean;
}

/** What a round did. */
export interface RoundReport {
  /** Threads that were looked at. */
  readonly open: number;
  /** Runs that had been forgotten, whose approval has expired, or whose agent below waits no more, and follow-ups whose time has come. */
  readonly woken: number;
  /** What stood in the list and could not be read, and kinds of maintenance that failed. */
  readonly failed: readonly string[];
  /** Runs that nobody works on, and that no event wakes: those of loops and `runAsStep` in functions of your own, and of plain processes. At most 100; not there where there are none. */
  readonly left?: readonly LeftRun[];
}

/** A run that waits for whoever called for it to call again. */
export interface LeftRun {
  readonly threadId: string;
  readonly runId: string;
}

/** Threads on a page, and pages that one execution looks at: it goes on in another behind them. */
const PAGE = 100;
const PAGES = 20;
/** Runs that a report names: it is read by people. */
const LEFT = 100;

/**
 * Looks at every thread that a run has, does what is due in the store, waits for as long as holders may be silent, and wakes whatever has not moved since. `from` is where another execution
 * stopped.
 */
export async function round(
  upkeep: Upkeep,
  host: StepHost,
  from: string | undefined,
): Promise<RoundReport> {
  const looked = await lookAround(upkeep, host, from);
  const maintained = from === undefined ? await maintain(upkeep, host) : NOTHING;
  let woken = looked.woken + maintained.woken;
  let waited = 0;
  const left: LeftRun[] = [];
  for (const ms of silences(looked.suspects)) {
    await host.tools.sleep(`silence:${ms}`, ms - waited);
    waited = ms;
    const silent = looked.suspects.filter((one) => silenceOf(one) === ms);
    const found = await crossedStep(host, { id: `wake:${ms}`, name: "wake" }, async () =>
      wakeUnmoved(upkeep, host.execution, silent),
    );
    woken += found.woken;
    left.push(...found.left);
  }
  if (maintained.error) throw maintained.error;
  return {
    open: looked.open,
    woken,
    failed: [...looked.unreadable, ...maintained.failed],
    ...(left.length === 0 ? {} : { left: left.slice(0, LEFT) }),
  };
}

interface Looked {
  readonly open: number;
  readonly woken: number;
  readonly suspects: readonly Suspect[];
  readonly unreadable: readonly string[];
  readonly cursor?: string;
}

async function lookAround(
  upkeep: Upkeep,
  host: StepHost,
  from: string | undefined,
): Promise<Looked> {
  const pages: Looked[] = [];
  let cursor = from;
  do {
    const after: string | undefined = cursor;
    const page: Looked = await crossedStep(
      host,
      { id: `look:${pages.length}`, name: "look" },
      async () => lookAt(upkeep, host.execution, after),
    );
    pages.push(page);
    ({ cursor } = page);
  } while (cursor !== undefined && pages.length < PAGES);
  if (cursor !== undefined) await goOn(upkeep, host, cursor);
  return {
    open: pages.reduce((sum, { open }) => sum + open, 0),
    woken: pages.reduce((sum, page) => sum + page.woken, 0),
    suspects: pages.flatMap(({ suspects }) => suspects),
    unreadable: pages.flatMap(({ unreadable }) => unreadable),
  };
}

async function lookAt(
  { inngest, store, isOwn }: Upkeep,
  execution: string,
  after: string | undefined,
): Promise<Looked> {
  const page = await store.openThreads({
    limit: PAGE,
    ...(after === undefined ? {} : { cursor: after }),
  });
  const { threads, unreadable = [], cursor } = page;
  const within = threads.filter((one) => isWithin(store, one));
  const looked = within.filter(({ run }) => isOwn(run) || hasNoEvent(run));
  const waits = await closeWaits({ store }, looked, (about) => eventId(execution, about));
  if (waits.events.length > 0) await inngest.send(waits.events.map(sendable));
  const damaged = unreadable.map(({ threadId, code, message }) =>
    [threadId, code, message].filter((part) => part !== undefined).join(" "),
  );
  return {
    open: within.filter(({ run }) => isOwn(run)).length,
    woken: waits.events.length,
    suspects: looked
      .flatMap((one) => suspectOf(one) ?? [])
      .filter((one) => isWatched(one, Math.random())),
    unreadable: [...damaged, ...waits.failed],
    ...(cursor === undefined ? {} : { cursor }),
  };
}

/** More threads than one execution looks at: another goes on behind them. */
async function goOn({ inngest, id }: Upkeep, host: StepHost, cursor: string): Promise<void> {
  await crossedStep(host, { id: "go-on" }, async () => {
    const event = { id: `perdure:upkeep:${host.execution}`, name: upkeepContinued.name };
    await inngest.send({ ...event, data: { id, cursor } });
  });
}

interface Maintained {
  readonly woken: number;
  readonly failed: readonly string[];
  readonly error?: StepFailure;
}

const NOTHING: Maintained = { woken: 0, failed: [] };

/** What fails here is told at the end of the round: dead holders are found all the same. */
async function maintain(upkeep: Upkeep, host: StepHost): Promise<Maintained> {
  try {
    return await crossedStep(host, { id: "maintain" }, async () => {
      const { store, inngest, maintainMs } = upkeep;
      const report = await store.maintain({ ms: maintainMs });
      const events = await eventsOf(store, host.execution, report);
      if (events.length > 0) await inngest.send(events.map(sendable));
      return { woken: events.length, failed: report.failed.map(({ kind }) => `maintain: ${kind}`) };
    });
  } catch (error) {
    if (error instanceof StepFailure) return { ...NOTHING, error };
    throw error;
  }
}

/** The events of what has become due, whichever agent it is for. */
async function eventsOf(
  store: Store,
  execution: string,
  { wakes, reminders }: MaintenanceReport,
): Promise<readonly WakeEvent[]> {
  const events: WakeEvent[] = [];
  for (const { runId, threadId, tenant } of wakes) {
    const whose = tenant === undefined ? {} : { tenant };
    if (!isWithin(store, whose)) continue;
    const run = await unlessDeleted(storeFor(store, whose).runs.get(runId));
    const wake = run && wakeOf(run, eventId(execution, [tenant, threadId, runId]));
    if (wake) events.push(wake);
  }
  for (const reminder of reminders) {
    const { tenant, threadId, id } = reminder;
    const whose = tenant === undefined ? {} : { tenant };
    if (!isWithin(store, whose)) continue;
    const named = eventId(execution, [tenant, threadId, "reminder", id]);
    events.push(dueEvent({ scope: whose }, reminder, named));
  }
  return events;
}

/** Fresh in each execution, since a name is swallowed for 24 hours; the same in each attempt of its step. */
function eventId(execution: string, about: readonly (string | undefined)[]): string {
  const named = digestOf(about.map((part) => part ?? null)).slice(0, 32);
  return `perdure:upkeep:${execution}:${named}`;
}

/** How long a silence is waited for: whole minutes, so that few of them are apart. */
function silenceOf({ ms }: Suspect): number {
  return Math.max(1, Math.ceil(ms / 60_000)) * 60_000;
}

function silences(suspects: readonly Suspect[]): readonly number[] {
  return [...new Set(suspects.map(silenceOf))].toSorted((one, other) => one - other);
}

/** What was woken, and what nobody can wake. Who was alive has moved. */
async function wakeUnmoved(
  { store, inngest, isOwn }: Upkeep,
  execution: string,
  suspects: readonly Suspect[],
): Promise<{ readonly woken: number; readonly left: readonly LeftRun[] }> {
  const events: WakeEvent[] = [];
  const left: LeftRun[] = [];
  for (const suspect of suspects) {
    const { tenant, threadId, seen = 0 } = suspect;
    const own = storeFor(store, suspect);
    const { run } = (await unmoved(own, suspect)) ?? {};
    if (!run) continue;
    if (isWokenByNobody(run)) left.push({ threadId, runId: run.id });
    await endOrphan(inngest, own, run);
    if (!isOwn(run) || (await isSeenTo(own, run))) continue;
    // A pulse of 0 is nobody's: whoever works on it by then is left alone.
    const wake = wakeOf(run, eventId(execution, [tenant, threadId, run.id]), { seen });
    if (wake) events.push(wake);
  }
  if (events.length > 0) await inngest.send(events.map(sendable));
  return { woken: events.length, left: left.slice(0, LEFT) };
}

function sendable({ id, name, data }: WakeEvent): { id: string; name: string; data: object } {
  return { id, name, data };
}

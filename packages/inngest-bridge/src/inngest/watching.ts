import type { InngestFunction, Middleware } from "inngest";
import { crossedStep } from "../crossed.ts";
import { unlessDeleted } from "../deleted.ts";
import { isFinal } from "../report.ts";
import { perdureMiddleware } from "../steps/middleware.ts";
import type { Bridge, FunctionContext } from "./bridge.ts";
import { cancelRun } from "./cancelling.ts";
import type { FunctionTrigger } from "./contract.ts";
import { crossed, functionOn, RETRIES } from "./creating.ts";
import { runEventType } from "./events.ts";
import { otherFields } from "./fields.ts";
import { endedData, hostFor, placeOf } from "./notices.ts";
import { START_EVENT } from "./starting.ts";

const MINUTE_MS = 60_000;
/** Between two looks at a run, at most. */
const MOST_MS = 7 * 24 * 60 * MINUTE_MS;
/** Looks at a run: a year and a half. */
const LOOKS = 90;
/** After so many, more than a day, there will be no run: its event was dropped or refused. */
const LOOKS_WITHOUT_RUN = 11;

/** Whether runs are watched for `cancelOn`. */
export function isWatched({ functionOptions }: Pick<Bridge, "functionOptions">): boolean {
  return (functionOptions.cancelOn ?? []).length > 0;
}

/** The id of the function that watches runs. */
export function watchId({ id }: Pick<Bridge, "id">): string {
  return `${id}:watch`;
}

/**
 * The function by which `cancelOn` reaches a run that waits and so has no execution: what starts a run starts one of this beside it, which does nothing but live as long as the run. Inngest cancels it by
 * the same conditions, which it alone can judge, and then the run is cancelled wherever it stands. None where there is no `cancelOn`.
 */
export function watchFunctions(bridge: Bridge): readonly InngestFunction.Any[] {
  const { inngest, name, functionOptions } = bridge;
  const { cancelOn, middleware = [], retries = RETRIES } = functionOptions;
  if (!isWatched(bridge)) return [];
  const middlewares: Middleware.Class[] = [perdureMiddleware, ...middleware];
  const options = { id: watchId(bridge), name: `${name}: cancelOn`, retries, cancelOn };
  return [
    functionOn(inngest)(
      { ...options, triggers: startsOf(bridge), middleware: middlewares },
      async (context) => crossed(async () => watch(bridge, context)),
    ),
  ];
}

/** What starts runs, but for times, which no condition finds anything in. */
function startsOf({
  runEvent,
  resumeEvent,
  input,
  triggers,
}: Bridge): readonly (FunctionTrigger | { readonly event: string; readonly if: string })[] {
  if (!input) return [runEventType(runEvent)];
  // Runs that `start` records are woken.
  const started = { event: resumeEvent, if: `event.id.startsWith("${START_EVENT}")` };
  return [{ event: runEvent }, ...triggers.filter((one) => !("cron" in one)), started];
}

/** Looks at the run ever less often, until nothing becomes of it any more. */
async function watch(
  bridge: Bridge,
  context: FunctionContext,
): Promise<{ readonly looks: number }> {
  const { event, runId: execution } = context;
  const host = hostFor(bridge, context, event);
  if (!host) return { looks: 0 };
  for (let look = 0; look < LOOKS; look += 1) {
    await host.tools.sleep(`wait:${look}`, Math.min(MOST_MS, MINUTE_MS * 2 ** look));
    const { isOver } = await crossedStep(host, { id: `look:${look}` }, async () => {
      const place = await placeOf(bridge, host.store, event, execution);
      const run = place && (await unlessDeleted(host.store.runs.get(place.runId)));
      return { isOver: run ? isFinal(run) : !place || look + 1 >= LOOKS_WITHOUT_RUN };
    });
    if (isOver) return { looks: look + 1 };
  }
  return { looks: LOOKS };
}

/** Whether an execution that was cancelled is one that watched a run. */
export function isOfWatch(bridge: Bridge, context: FunctionContext): boolean {
  return endedData(context).function_id === `${bridge.inngest.id}-${watchId(bridge)}`;
}

/** An event of `cancelOn` has come: the run is cancelled, unless it has ended. */
export async function cancelWatched(
  bridge: Bridge,
  context: FunctionContext,
): Promise<{ readonly counted: boolean }> {
  const { run_id: execution, event } = endedData(context);
  const host = hostFor(bridge, context, event);
  if (!host) return { counted: false };
  const { store } = host;
  return crossedStep(host, { id: "notice" }, async () => {
    const place = await placeOf(bridge, store, event, execution);
    const run = place && (await unlessDeleted(store.runs.get(place.runId)));
    const { life = run?.life } = event.data;
    if (!run || isFinal(run) || run.life !== life) return { counted: false };
    const reason = "An event came on which runs of this agent are cancelled.";
    await cancelRun(bridge, store, { runId: run.id, reason, data: otherFields(event.data) });
    return { counted: true };
  });
}

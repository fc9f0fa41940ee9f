import type { InngestFunction, Middleware } from "inngest";
import { budgetsIn } from "../budget/replace.ts";
import { crossedStep } from "../crossed.ts";
import { unlessDeleted } from "../deleted.ts";
import type { Host } from "../host.ts";
import type { RunReport } from "../report.ts";
import { perdureMiddleware } from "../steps/middleware.ts";
import { plainJson } from "../steps/output.ts";
import type { Ask } from "../take.ts";
import { isLeftToWaiting } from "../waiting.ts";
import { work } from "../work.ts";
import { callAborted } from "./aborting.ts";
import { definedOnly } from "./asked.ts";
import { type Bridge, type FunctionContext, hostOf } from "./bridge.ts";
import type { FunctionOptions, FunctionTrigger } from "./contract.ts";
import { crossed, functionOn, RETRIES } from "./creating.ts";
import { decisionsIn, refusedIn, untrusted } from "./decisions.ts";
import { resumeEventType, type ResumeRequested, runEventType } from "./events.ts";
import { cancelled, failed } from "./notices.ts";
import { noRun } from "./noRun.ts";
import { refuseForOthers } from "./othersRuns.ts";
import { type Recorded, recordRequest } from "./recording.ts";
import { keepRefusal } from "./refusals.ts";
import { isOfReplaced } from "./replacing.ts";
import { cancelWatched, isOfWatch, isWatched, watchId } from "./watching.ts";
import { beginning, meantRun, readResumeRequest, requestIn } from "./request.ts";

/** The function that a run event starts. */
export function runFunction(bridge: Bridge): InngestFunction.Any {
  const { runEvent, input, triggers } = bridge;
  // With `input`, the event is whatever that reads.
  const own = input ? { event: runEvent } : runEventType(runEvent);
  return agentFunction(bridge, "run", [own, ...triggers], async (context) => {
    const { event, runId: execution } = context;
    const host = hostOf(bridge, context, event);
    const request = input
      ? await crossedStep(host, { id: "input" }, async () => requestIn(bridge, event))
      : await requestIn(bridge, event);
    return work(host, bridge.agent, beginning(bridge, event, request, execution));
  });
}

/** The function that a resume event, or a wake-up, starts. */
export function resumeFunction(bridge: Bridge): InngestFunction.Any {
  const trigger = resumeEventType(bridge.resumeEvent);
  return agentFunction(bridge, "resume", [trigger], async (context) => {
    const { event, runId: execution } = context;
    const request = readResumeRequest(event);
    const brought = decisionsIn(request);
    const host = hostOf(bridge, context, event);
    const refusal = untrusted(bridge, brought);
    if (refusal) {
      await crossedStep(host, { id: "refused" }, async (step) => {
        const refused = refusedIn({ event, request });
        await keepRefusal(host.store, request.threadId, refusal, refused, step.operationId());
      });
      throw refusal;
    }
    const { threadId, runId: named, retry, seen, aborted } = request;
    if (aborted === true && named !== undefined) {
      await callAborted(host, named);
      return { runId: named, threadId, status: "ended", reason: "final" };
    }
    const meant: Recorded | undefined = bringsNothing(request)
      ? await unlessDeleted(meantRun(host.store, request))
      : await crossedStep(host, { id: "decide" }, async (step) => {
          await refuseForOthers(bridge, host.store, { event, request }, step);
          return recordRequest(bridge, host.store, { event, request }, step);
        });
    const id = event.id ?? execution;
    if (!meant) {
      const reason = await noRun(host.store, request, { execution, event: id });
      return { runId: null, threadId, status: "ended", reason };
    }
    const { failed: run, ...asked } = meant;
    if (run) return { runId: run.runId, threadId, status: "ended", reason: "failed", run };
    return goOn(host, bridge, {
      verb: "claim",
      threadId,
      event: id,
      ...definedOnly({ retry, seen }),
      ...asked,
    });
  });
}

/** Goes on with a run, unless an execution that waits for it does. */
async function goOn(host: Host, { agent }: Bridge, ask: Ask): Promise<RunReport> {
  const { runId, threadId, event } = ask;
  if (await isLeftToWaiting(host, runId, event)) return { runId, threadId, status: "busy" };
  return work(host, agent, ask);
}

/** A wake-up: it names its run, and there is nothing in it to be recorded. */
function bringsNothing(request: ResumeRequested): boolean {
  return request.runId !== undefined && decisionsIn(request).length === 0 && !budgetsIn(request);
}

/** The function that hears of cancelled executions of the others that are about a run. */
export function cancelledFunction(bridge: Bridge): InngestFunction.Any {
  const { inngest, id, name } = bridge;
  const watching = isWatched(bridge) ? [watchId(bridge)] : [];
  const triggers = [idOf(bridge, "run"), idOf(bridge, "resume"), ...watching].map((part) => ({
    event: "inngest/function.cancelled",
    if: `event.data.function_id == ${JSON.stringify(`${inngest.id}-${part}`)}`,
  }));
  return functionOn(bridge.inngest)(
    { id: `${id}:cancelled`, name: `${name}: cancelled`, retries: RETRIES, triggers },
    async (context) =>
      crossed(async () =>
        isOfWatch(bridge, context) ? cancelWatched(bridge, context) : cancelled(bridge, context),
      ),
  );
}

function agentFunction(
  bridge: Bridge,
  part: "run" | "resume",
  triggers: readonly FunctionTrigger[],
  body: (context: FunctionContext) => Promise<RunReport | Readonly<Record<string, unknown>>>,
): InngestFunction.Any {
  const { name, functionOptions, replaces, input } = bridge;
  const { middleware = [], onFailure, ...options } = optionsFor(part, functionOptions);
  const middlewares: Middleware.Class[] = [perdureMiddleware, ...middleware];
  return functionOn(bridge.inngest)(
    {
      retries: RETRIES,
      ...options,
      id: idOf(bridge, part),
      name: part === "run" ? name : `${name}: resume`,
      triggers,
      middleware: middlewares,
      onFailure: async (context: FunctionContext) => {
        await crossed(async () => failed(bridge, context));
        await (onFailure as ((context: FunctionContext) => unknown) | undefined)?.(context);
      },
    },
    async (context) =>
      part === "run" && isOfReplaced(replaces, input)
        ? replaces.handler(context as never)
        : crossed(async () => plainJson(await body(context))),
  );
}

function idOf({ id, replaces }: Bridge, part: "run" | "resume"): string {
  return part === "run" && replaces ? replaces.id : `${id}:${part}`;
}

/** Options by which a server skips events, or makes one of several. */
const SKIPPING = ["rateLimit", "debounce", "idempotency", "singleton"] as const;

/** A run that waits needs each of its wake-ups: what skips events is for those that start runs. */
function optionsFor(part: "run" | "resume", options: FunctionOptions): FunctionOptions {
  if (part === "run") return options;
  const kept = Object.entries(options).filter(
    ([name]) => !(SKIPPING as readonly string[]).includes(name),
  );
  return Object.fromEntries(kept);
}

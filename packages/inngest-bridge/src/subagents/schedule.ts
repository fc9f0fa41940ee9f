import { bridgeBehind } from "../inngest/behind.ts";
import type { InngestAgent } from "../inngest/contract.ts";
import { prepare } from "../inngest/starting.ts";
import type { AgentTool, ToolContext } from "../loop/contract.ts";
import { MAX_DEPTH, type ScheduleOptions } from "./contract.ts";
import { checkStarted, invalid, promptFrom } from "./options.ts";
import { startedRun } from "./starting.ts";

const OPTIONS = new Set([
  "description",
  "parameters",
  "prompt",
  "threadId",
  "at",
  "maxDepth",
  "requiresApproval",
]);

/** What a model gives to have something done later. */
const LATER: Readonly<Record<string, unknown>> = {
  type: "object",
  properties: {
    prompt: {
      type: "string",
      description: "All that the agent needs to know: it sees nothing else.",
    },
    at: { type: "string", description: "When, as an ISO 8601 time with its zone." },
    afterSeconds: { type: "number", description: "In so many seconds, in place of a time." },
  },
  required: ["prompt"],
};

/** A year: what is put off for longer is rather a calendar's. */
const LONGEST_MS = 366 * 24 * 60 * 60 * 1000;

/** What is sent, and what is said of it. */
interface Later {
  readonly event: {
    readonly id: string;
    readonly name: string;
    readonly ts: number;
    readonly data: Readonly<Record<string, unknown>>;
  };
  readonly scheduled: Scheduled;
}

/** A run that begins later. */
export interface Scheduled {
  readonly runId: string;
  readonly threadId: string;
  /** When, as an ISO 8601 time. */
  readonly at: string;
}

/**
 * Another agent as a tool that has it begin a run at a time: the result is `{ runId, threadId, at }`. Inngest holds the event until then, whatever becomes of processes; the store knows of the run when it
 * begins. One that is late begins at once. Otherwise it is as `spawn`.
 *
 * Where there is no Inngest nothing is scheduled, and the model is told so in an error. A time that has passed, or is more than a year ahead, is refused.
 */
export function schedule<Input = Readonly<Record<string, unknown>>>(
  agent: InngestAgent,
  options: ScheduleOptions<Input>,
): AgentTool {
  const bridge = bridgeBehind(agent);
  checkStarted("schedule", options, OPTIONS);
  const { description, parameters = LATER, requiresApproval } = options;
  const { threadId, maxDepth = MAX_DEPTH, at = timeIn } = options as ScheduleOptions;
  const promptOf = promptFrom(options.prompt as never);
  const how = { promptOf, maxDepth, ...(threadId === undefined ? {} : { threadId }) };
  const planned = async (input: unknown, context: ToolContext): Promise<Later> => {
    const { given, depth } = await startedRun(bridge, "schedule", how, input, context);
    const now = context.store.now();
    const ts = checkedTime(at(input as never, new Date(now)), now);
    const { runId, threadId: thread, event } = prepare(bridge, given);
    const life = (await context.store.threads.get(thread))?.life;
    const data = { ...event.data, agentDepth: depth, ...(life === undefined ? {} : { life }) };
    const scheduled = { runId, threadId: thread, at: new Date(ts).toISOString() };
    return { event: { ...event, ts, data }, scheduled };
  };
  return {
    description,
    parameters,
    durable: "self",
    ...(requiresApproval === undefined ? {} : { requiresApproval }),
    async execute(input: unknown, context): Promise<Scheduled> {
      const { step } = context;
      if (!step) throw invalid("schedule needs steps, and there are none: nothing was scheduled.");
      const { event, scheduled } = await step.run("when", async () => planned(input, context));
      await step.sendEvent("send", event);
      return scheduled;
    },
  };
}

function timeIn(input: Readonly<Record<string, unknown>>, now: Date): Date {
  const { at, afterSeconds } = input;
  if (typeof afterSeconds === "number" && at === undefined)
    return new Date(now.getTime() + afterSeconds * 1000);
  if (typeof at === "string" && afterSeconds === undefined) return new Date(at);
  throw invalid("Nothing was scheduled: either `at` or `afterSeconds` says when.");
}

function checkedTime(at: Date, now: number): number {
  const ts = at.getTime();
  const left = ts - now;
  if (Number.isNaN(ts)) throw invalid("Nothing was scheduled: the time is not one.");
  if (left < 0) throw invalid("Nothing was scheduled: the time has passed.");
  if (left > LONGEST_MS) throw invalid("Nothing was scheduled: the time is over a year ahead.");
  return ts;
}

import { getStepTools } from "@inngest/agent-kit";
import { durably, shownName, stepPart } from "@perdure/inngest-bridge/agent";
import { checkGiven, digestOf } from "@perdure/checkpoint-core";
import { changeSince, type DataChange, putBack, snapshotOf } from "./data.ts";
import type { KitTool, KitToolOptions } from "./kit.ts";
import { inlineSteps } from "./inline.ts";
import { withSteps } from "./place.ts";
import { type Handler, onceHandler, type ToolOnce } from "./effect.ts";
import { currentRun } from "./run.ts";

type Needs = (input: never, options: KitToolOptions) => boolean | Promise<boolean>;

/** What a tool of AgentKit does not say of itself. */
export interface DurableToolOptions {
  /** Whether a person must agree to a call before it is carried out; in a run only. A function is asked once for each call. */
  readonly needsApproval?: boolean | Needs;
  /** Has each call recorded beside a thread, beyond the run or the function, and done at most once. */
  readonly once?: ToolOnce;
}

/** What a durable tool was made of. */
interface Made {
  readonly handler: Handler;
  readonly needsApproval: boolean | Needs;
}

const MADE = Symbol("durable tool");

const OPTIONS: ReadonlySet<string> = new Set<keyof DurableToolOptions>(["needsApproval", "once"]);

/**
 * The tool with each of its calls done once. In a run it is so as it is, and this says whether a person must agree. In an Inngest function where a network is run as it is, with `perdureMiddleware`, each call
 * is a step, named by its input and its order, that keeps what it gave and what it changed in `network.state.data`; the tool has its `network` and `agent` there, and steps inside of it are part of that
 * step. Outside of both it does what it did. A step whose answer is lost is done again, by what it is in Inngest: with `once` the call is an effect of the store, and is not.
 */
export function durableTool<Tool extends { readonly name: string; readonly handler: unknown }>(
  tool: Tool,
  options: DurableToolOptions = {},
): Tool {
  checkGiven("durableTool", { tool }, { tool: "object" });
  checkGiven("durableTool", tool, { name: "text", handler: "function" });
  checkGiven("durableTool", options, {}, OPTIONS);
  const { needsApproval: needs = false, once } = options;
  const plain = tool.handler as Handler;
  const given = once ? onceHandler(tool.name, plain, once) : plain;
  const handler: Handler = async (input, told) => {
    if (!currentRun() && !(await getStepTools())) return given.call(tool, input, told);
    const step = inlineSteps(`The tool "${tool.name}"`) as never;
    const work = async (): Promise<unknown> =>
      withSteps(step, async () => given.call(tool, input, { ...told, step }));
    return currentRun()
      ? innerCall(tool.name, input, work, told)
      : stepped(tool.name, input, work, told);
  };
  const made: Made = { handler: given, needsApproval: needs };
  return { ...tool, handler, [MADE]: made };
}

/** What the tool does itself. */
export function plainHandler(tool: KitTool): Handler {
  const { handler } = madeOf(tool) ?? {};
  return handler ?? (async (input, options) => tool.handler(input, options));
}

/** Whether a person must agree to its calls. */
export function needsApproval(tool: KitTool): boolean | Needs {
  return madeOf(tool)?.needsApproval ?? false;
}

function madeOf(tool: object): Made | undefined {
  return (tool as { readonly [MADE]?: Made })[MADE];
}

/** A call of an agent that works inside of a call of the run: stored under the turn, by its content. */
async function innerCall(
  name: string,
  input: unknown,
  work: () => Promise<unknown>,
  { network }: KitToolOptions,
): Promise<unknown> {
  const run = currentRun();
  if (!run) return work();
  const id = run.named(`~${name}/${digestOf(input ?? null).slice(0, 32)}`);
  const { data } = network.state;
  const before = snapshotOf(data);
  const kept = (await run.ledger.inner(run.turn, { id, name }, async () =>
    keep(work, data),
  )) as Kept;
  putBack(data, before, kept.change);
  return kept.value;
}

/** A call in a function that is not of a run. */
async function stepped(
  name: string,
  input: unknown,
  work: () => Promise<unknown>,
  { network }: KitToolOptions,
): Promise<unknown> {
  const { data } = network.state;
  const before = snapshotOf(data);
  const content = digestOf(input ?? null).slice(0, 32);
  const step = { name: `tool:${stepPart(name)}:~${content}`, shown: `tool-${shownName(name)}` };
  const kept = await durably(step, async () => keep(work, data));
  putBack(data, before, kept.change);
  return kept.value;
}

interface Kept {
  readonly value: unknown;
  readonly change?: DataChange;
}

async function keep(work: () => Promise<unknown>, data: object): Promise<Kept> {
  const before = snapshotOf(data);
  const value = await work();
  const change = changeSince(before, data);
  return { value, ...(change ? { change } : {}) };
}

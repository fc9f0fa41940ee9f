import type { Store } from "@perdure/checkpoint-core";
import type { Inngest, InngestFunction } from "inngest";
import {
  type AsStepResult,
  type Budgets,
  type DurableAgent,
  type EventDecision,
  type LoopStep,
  resumeAsStep,
  runAsStep,
} from "../../src/index.ts";
import { runOf } from "./about.ts";
import { EVENTS } from "./doors.ts";
import type { House } from "./house.ts";
import type { Ledger } from "./ledger.ts";
import type { Surroundings } from "./surroundings.ts";

/** An agent in functions of somebody's own. */
export interface HandMade {
  readonly inngest: Inngest.Any;
  readonly store: Store;
  readonly agent: DurableAgent;
}

/** The data of the events of these functions. */
interface HandData extends Budgets {
  readonly threadId: string;
  readonly runId: string;
  readonly prompt?: string;
  readonly decisions?: Readonly<Record<string, EventDecision>>;
  readonly retry?: number;
}

interface HandContext {
  readonly event: { readonly data: HandData };
  readonly runId: string;
  readonly step: LoopStep & { sleep(id: string, ms: number): Promise<void> };
}

type Handler = (context: HandContext) => Promise<unknown>;

/** How long these functions do something else, behind what they were told of a run. */
const BEHIND_MS = 300_000;

/** Functions that somebody has written, in which an agent works: one begins runs, and goes on with those that wait if people have decided meanwhile; one goes on with runs. */
export function handFunctions(around: Surroundings, made: HandMade): InngestFunction.Any[] {
  const { script } = around;
  const { inngest, agent } = made;
  const options = (house: House): { readonly store: Store } => ({
    store: made.store.for(house.fields),
  });
  const begins = async ({ event, step, runId: execution }: HandContext): Promise<unknown> => {
    const { threadId, runId, prompt = runId, budget, toolBudget } = event.data;
    const house = around.house();
    const tell = tellerOf(around, house, { ...made, execution, step });
    const first = await runAsStep(step, agent, {
      ...options(house),
      threadId,
      runId,
      prompt,
      whenBusy: script.whenBusy === "cancel" ? "cancel" : "reject",
      ...(budget === undefined ? {} : { budget }),
      ...(toolBudget === undefined ? {} : { toolBudget }),
    });
    const told = await tell("run", first);
    await step.sleep("behind", BEHIND_MS);
    if (!told.suspended) return told.report.status;
    const again = await resumeAsStep(step, agent, threadId, { ...options(house), runId });
    const then = await tell("resume", again);
    await step.sleep("behind that", BEHIND_MS);
    return then.report.status;
  };
  const goesOn = async ({ event, step, runId: execution }: HandContext): Promise<unknown> => {
    const { threadId, runId, decisions, retry } = event.data;
    const house = around.house();
    const answer = await resumeAsStep(step, agent, threadId, {
      ...options(house),
      runId,
      ...(decisions === undefined ? {} : { decisions }),
      ...(retry === undefined ? {} : { retry }),
    });
    const told = await tellerOf(around, house, { ...made, execution, step })("resume", answer);
    await step.sleep("behind", BEHIND_MS);
    return told.report.status;
  };
  return [
    functionOf(inngest, { id: "hand", event: EVENTS.hand.run }, begins),
    functionOf(inngest, { id: "hand-resume", event: EVENTS.hand.resume }, goesOn),
  ];
}

function functionOf(
  inngest: Inngest.Any,
  { id, event }: { readonly id: string; readonly event: string },
  handler: Handler,
): InngestFunction.Any {
  const create = inngest.createFunction as unknown as (
    options: Readonly<Record<string, unknown>>,
    handler: Handler,
  ) => InngestFunction.Any;
  return create.call(inngest, { id, retries: 3, triggers: [{ event }] }, handler);
}

/** Notes what a function is told of its run in a step behind it: the same in every pass that knows the step. What a pass was told of which nothing has arrived, no function has gone by. */
function tellerOf(
  { defect }: Surroundings,
  { ledger, fields }: House,
  {
    store,
    execution,
    step,
  }: Pick<HandMade, "store"> & Pick<HandContext, "step"> & { readonly execution: string },
): (call: "run" | "resume", answer: AsStepResult) => Promise<AsStepResult> {
  return async (call, answer) => {
    const told = (await defect?.told?.(answer, store.for(fields))) ?? answer;
    ledger.told.set(`${call} in ${execution}`, told);
    const noted = String(
      await step.run({ id: `told by ${call}` }, async () => JSON.stringify(told)),
    );
    if (noted !== JSON.stringify(told) && !isGone(told))
      ledger.problem(
        `a function is told two things of ${told.report.runId}, in two passes: ${briefly(JSON.parse(noted) as AsStepResult)} and ${briefly(told)}`,
      );
    return told;
  };
}

/** What functions were told at last is what is stored: of a run that has completed its outcome. */
export function checkTold({ ledger, server }: House): void {
  for (const [name, { result, report }] of ledger.told) {
    const output = outputOf(ledger, report.runId);
    // What was told in a life that is over is not what is stored of the one after.
    if (result === undefined || output === undefined || ledger.buried.has(report.runId)) continue;
    const execution = name.slice(name.lastIndexOf(" ") + 1);
    const meant = runOf(server.run(execution).event) ?? "";
    if (ledger.topOf(meant) !== ledger.topOf(report.runId))
      ledger.problem(`${execution} is told of ${report.runId}, and is about ${meant}`);
    if (textOf(result) !== textOf(output))
      ledger.problem(`a function is told that ${report.runId} gave what it did not`);
  }
}

function outputOf({ runs }: Ledger, runId: string): unknown {
  const { outcome } = runs.get(runId) ?? {};
  return outcome?.status === "completed" ? outcome.output : undefined;
}

function textOf(output: unknown): unknown {
  return (output as { readonly response?: unknown } | undefined)?.response;
}

/** What was told goes with its thread, where nobody had heard yet that it was. */
function isGone({ report }: AsStepResult): boolean {
  return report.status === "ended" && report.reason === "deleted";
}

/** What tells two answers apart. */
function briefly({ result, suspended, report }: AsStepResult): string {
  const { status } = report;
  return result === undefined ? `${status}${suspended ? ", waiting" : ""}` : `${status}, a result`;
}

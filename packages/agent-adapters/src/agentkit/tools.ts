import { type Approval, isStorageError, type ToolResult } from "@perdure/checkpoint-core";
import {
  errorResult,
  type HeldStep,
  idempotencyKey,
  resultOf,
  stepPart,
} from "@perdure/inngest-bridge/agent";
import { callIn } from "../run/callIn.ts";
import { insideCall } from "../run/currentCall.ts";
import { decisionOn, refusalIn } from "../run/position.ts";
import { isQuestion, type Question } from "../run/ledger.ts";
import { asks, ask } from "./approvals.ts";
import { changeSince, type DataChange, putBack, snapshotOf } from "./data.ts";
import { type DecisionPlace, type DecisionRequest, insidePlace } from "./decision.ts";
import { plainHandler } from "./durable.ts";
import type { KitAgent, KitCall, KitTool, KitToolOptions } from "./kit.ts";
import { withSteps } from "./place.ts";
import { probingSteps } from "./probe.ts";
import type { KitRun } from "./run.ts";
import { stepsAt } from "./steps.ts";

/** A call of the run, and who carries it out. */
interface Calling {
  readonly run: KitRun;
  readonly tool: KitTool;
  readonly call: KitCall;
  readonly options: KitToolOptions;
  readonly decision: Approval | undefined;
}

/** What a tool wants, where its step gave no result: to make steps itself, or to ask a person. */
type Wanted =
  | { readonly of: "steps" }
  | { readonly of: "person"; readonly request: DecisionRequest };

const inRun = new WeakSet<object>();

/** The tools of an agent as one run has them: each call is done once, and what it gave, with what it changed in the data, is what every pass gets. */
export function toolsInRun(run: KitRun, { tools, name }: KitAgent): KitAgent["tools"] {
  return new Proxy(tools, {
    get(target, key) {
      if (key === "get")
        return (tool: string) => {
          const found = target.get(tool);
          return found ? toolInRun(run, found) : missingTool(run, name, tool);
        };
      if (key === "values") return () => [...target.values()].map((one) => toolInRun(run, one));
      const own: unknown = Reflect.get(target, key, target);
      return typeof own === "function" ? (own.bind(target) as unknown) : own;
    },
  });
}

function toolInRun(run: KitRun, tool: KitTool): KitTool {
  if (inRun.has(tool)) return tool;
  const handler = async (_input: unknown, options: KitToolOptions): Promise<unknown> => {
    const call = run.takeCall(tool.name);
    if (!call) throw new Error(`The model has not asked for "${tool.name}".`);
    return outputOf({ run, tool, call, options });
  };
  const made = { ...tool, handler } as unknown as KitTool;
  inRun.add(made);
  return made;
}

/** What the model asks for and the agent does not have: AgentKit would end the network; here the model is told. */
function missingTool(run: KitRun, agent: string, name: string): KitTool | undefined {
  if (!run.nextCall(name)) return undefined;
  const handler = (): never => {
    throw new Error(`The agent "${agent}" has no tool "${name}".`);
  };
  return toolInRun(run, { name, handler });
}

async function outputOf(given: Omit<Calling, "decision">): Promise<unknown> {
  const { run, call, options } = given;
  const { data } = options.network.state;
  const before = snapshotOf(data);
  const decision = decisionOn(run.decisions, run.turn, call.id);
  const result = await resultOfCall({ ...given, decision });
  run.ledger.check();
  putBack(data, before, changeIn(result));
  if (!result.isError) return result.content;
  const error = new Error(String(result.content));
  // The model is told of the error with its stack, which is another one in every pass.
  error.stack = error.message;
  throw error;
}

async function resultOfCall(calling: Calling): Promise<ToolResult> {
  const { run, tool, call, decision } = calling;
  const { turn, ledger, position } = run;
  const known = (await ledger.past(turn))?.results.get(call.id);
  if (known) return known;
  if (!decision && (await asks(run, tool, call, calling.options))) return ask(run, calling.options);
  const isInside = position?.turn === turn && position.inside.includes(call.id);
  const instead = decision && !isInside ? insteadOf(call, decision) : undefined;
  if (instead) return ledger.result(turn, call, async () => instead);
  return worked(calling);
}

async function worked(calling: Calling): Promise<ToolResult> {
  const { run, call } = calling;
  const { turn, ledger } = run;
  const given = await ledger.resultOrQuestion(turn, call, 0, async (held) =>
    carryOut(calling, held),
  );
  if (!isQuestion(given)) return given;
  const wanted = given.asks as Wanted;
  if (wanted.of === "person") return ask(run, calling.options, { call, request: wanted.request });
  const done = await withOwnSteps(calling);
  return (await ledger.resultOrQuestion(turn, call, 1, async () => done)) as ToolResult;
}

/** What a person decided in place of the tool's work: a denial, or an answer. */
function insteadOf(call: KitCall, approval: Approval): ToolResult | undefined {
  const refusal = refusalIn(approval);
  if (refusal !== undefined) return errorResult(call, refusal);
  const { decision } = approval;
  return decision?.kind === "answer" ? { ...resultOf(call), content: decision.value } : undefined;
}

/** The tool's work in its step, with what it gave; or what it wants in place of it. */
async function carryOut(calling: Calling, held: HeldStep): Promise<ToolResult | Question> {
  const { data } = calling.options.network.state;
  const before = snapshotOf(data);
  const { promise, resolve } = Promise.withResolvers<Wanted>();
  const steps = probingSteps(() => resolve({ of: "steps" }));
  const asking = async (request: DecisionRequest): Promise<never> => {
    resolve({ of: "person", request });
    return new Promise<never>(() => undefined);
  };
  const done = handled(calling, { steps, held, ask: asking }).then((content) => ({ content }));
  const ended = await Promise.race([done, promise]);
  if ("content" in ended) return withChange(calling, ended.content, before);
  putBack(data, before);
  return { asks: ended };
}

/** The tool's work in the function, where its own steps are kept. It is gone through in every pass until its result is stored. */
async function withOwnSteps(calling: Calling): Promise<ToolResult> {
  const { run, call, options } = calling;
  const { context, turn, ledger } = run;
  const { data } = options.network.state;
  const before = snapshotOf(data);
  const key = idempotencyKey(context.store, context.lease, turn, call.id);
  const steps = stepsAt(run, { prefix: `tool:${turn}:${stepPart(call.id)}/`, key, turn });
  const asking = async (request: DecisionRequest): Promise<never> =>
    ask(run, options, { call, request });
  try {
    const content = await handled(calling, { steps, held: undefined, ask: asking });
    ledger.check();
    return withChange(calling, content, before);
  } catch (error) {
    ledger.check();
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return errorResult(call, `${name}: ${message}`);
  }
}

interface Surroundings extends Pick<DecisionPlace, "ask"> {
  readonly steps: object;
  /** None outside of a step. */
  readonly held: HeldStep | undefined;
}

async function handled(
  { run, tool, call, options, decision }: Calling,
  { steps, held, ask: asking }: Surroundings,
): Promise<unknown> {
  const { context, turn } = run;
  const about = callIn(context, turn, call, held);
  const { decision: decided } = decision ?? {};
  const isInside = run.position?.inside.includes(call.id) === true;
  const changed = decided?.kind === "approve" && !isInside ? decided.input : undefined;
  const input = changed ?? call.input;
  held?.show(() => ({ input }));
  const handler = plainHandler(tool) as (input: unknown, options: object) => unknown;
  return insidePlace({ decision, ask: asking }, () =>
    insideCall(about, async () =>
      withSteps(steps, async () => handler.call(tool, input, { ...options, step: steps })),
    ),
  );
}

/** A result with what the tool has changed in the data. A change that cannot be kept is told to the model: the work has been done. */
function withChange(
  { call, options }: Calling,
  given: unknown,
  before: ReturnType<typeof snapshotOf>,
): ToolResult {
  const content = given === undefined ? `${call.name} successfully executed` : given;
  try {
    const change = changeSince(before, options.network.state.data);
    return { ...resultOf(call), content, ...(change ? { extra: { change } } : {}) };
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return errorResult(call, `The call was done, but not all of it can be kept: ${error.message}`);
  }
}

function changeIn({ extra }: ToolResult): DataChange | undefined {
  return extra?.["change"] as DataChange | undefined;
}

import { type Answer, digestOf, StorageError } from "@perdure/checkpoint-core";
import { type HeldStep, type RunOptions, shownPrompt } from "@perdure/inngest-bridge/agent";
import type { Below } from "./below.ts";
import type { ZiroAnswer, ZiroCall, ZiroModel } from "./contract.ts";
import { surroundings, type ZiroRun } from "./run.ts";

interface CallOptions {
  readonly messages?: readonly unknown[];
  readonly tools?: readonly { readonly name: string }[];
  readonly abortSignal?: AbortSignal;
}

/**
 * The model as one run has it: each call is the run's next turn, or one of an agent below; a step, which gives what is stored of it. Everything else about it is the model's own. One that does
 * not say its names has those that are stored with its answers.
 */
export function modelInRun(run: ZiroRun, below: Below | undefined, model: ZiroModel): ZiroModel {
  let named: Names = model;
  const generate = async (options: CallOptions): Promise<ZiroAnswer> => {
    const there = surroundings();
    const ask = async (held: HeldStep): Promise<Answer> => {
      held.show(() => shownCall(run.turn, options));
      return answerOf(await there(held, async () => said(model, options, held)), model);
    };
    const answer = below ? await thought(run, below, ask) : await turnOf(run, ask);
    (below ?? run).spending.answered(below?.agent ?? run.agents.top.agent.name, answer);
    named = namesIn(answer) ?? named;
    if (named.modelId === "" && asksDollars(run.context.options)) throw run.break(unpriced());
    return saidIn(answer);
  };
  const own: Readonly<Record<string, () => unknown>> = {
    generate: () => generate,
    modelId: () => named.modelId,
    provider: () => named.provider,
  };
  return new Proxy(model, {
    get: (target, key) =>
      typeof key === "string" && Object.hasOwn(own, key) ? own[key]?.() : memberOf(target, key),
  });
}

/** What the step of a model's call shows. */
function shownCall(
  turn: number,
  { messages = [], tools = [] }: CallOptions,
): Readonly<Record<string, unknown>> {
  return shownPrompt({ turn, messages, tools: tools.map(({ name }) => name) });
}

async function turnOf(run: ZiroRun, ask: (held: HeldStep) => Promise<Answer>): Promise<Answer> {
  return run.ledger.answer(run.nextTurn(), ask);
}

async function thought(
  run: ZiroRun,
  below: Below,
  ask: (held: HeldStep) => Promise<Answer>,
): Promise<Answer> {
  run.check();
  const call = { id: below.nextThought(), name: "think" };
  return (await run.ledger.inner(run.turn, call, ask)) as Answer;
}

/** A member of a model that may be an instance of a class with private parts. */
export function memberOf(target: object, key: string | symbol): unknown {
  const member: unknown = Reflect.get(target, key, target);
  return typeof member === "function" ? (member as () => unknown).bind(target) : member;
}

async function said(
  model: ZiroModel,
  { abortSignal, ...options }: CallOptions,
  { signal }: HeldStep,
): Promise<ZiroAnswer> {
  const both = abortSignal ? AbortSignal.any([abortSignal, signal]) : signal;
  return model.generate({ ...options, abortSignal: both } as never);
}

function asksDollars({ budget, toolBudget }: RunOptions): boolean {
  return [budget, toolBudget].some(
    (one) => one?.maxUsd !== undefined || one?.warnAt?.usd !== undefined,
  );
}

function unpriced(): StorageError {
  return new StorageError(
    "INVALID_ARGUMENT",
    "Ziro counts dollars by the model's name, and an agent does not tell it: make it with durableModel(model), or give `model`.",
  );
}

type Names = Pick<ZiroModel, "modelId" | "provider">;

/** What is kept beside an answer. */
interface Extra {
  readonly usage: object;
  /** Its name and its provider's, where they are known. */
  readonly model?: string;
  readonly provider?: string;
  readonly finishReason: string;
  /** What of the content the plain message does not say, in its order. */
  readonly content: readonly object[];
}

function namesIn({ extra = {} }: Answer): Names | undefined {
  const { model, provider = "" } = extra as Partial<Extra>;
  return model === undefined ? undefined : { modelId: model, provider };
}

function answerOf(answer: ZiroAnswer, { modelId, provider }: Names): Answer {
  const { text, finishReason, usage } = answer;
  const calls = withOwnIds(answer.toolCalls);
  const given = answer.toolCalls;
  const content = answer.content.map((part) => {
    const place = given.findIndex((call) => isSame(part, call));
    return calls[place] ?? part;
  });
  const names = modelId === "" ? {} : { model: modelId, provider };
  const extra: Extra = { usage, ...names, finishReason, content };
  const toolCalls = calls.map(({ toolCallId: id, toolName: name, args: input }) => ({
    id,
    name,
    input,
  }));
  return {
    message: {
      role: "assistant",
      content: text,
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
    },
    extra: { ...extra },
  };
}

function isSame(part: object, { toolCallId }: ZiroCall): boolean {
  return "toolCallId" in part && part.toolCallId === toolCallId;
}

function saidIn({ message, extra }: Answer): ZiroAnswer {
  const { usage, finishReason, content } = extra as unknown as Extra;
  const toolCalls = (message.toolCalls ?? []).map(
    ({ id, name, input }): ZiroCall => ({
      type: "tool-call",
      toolCallId: id,
      toolName: name,
      args: input,
    }),
  );
  return { text: message.content, content, toolCalls, finishReason, usage };
}

// A store takes ids of 4,096 units; providers' own have less than a hundred.
const MAX_ID_UNITS = 1024;

/** Some providers give no ids, or the same one twice in a turn. One that is too long to be stored goes by its digest. */
function withOwnIds(calls: readonly ZiroCall[]): readonly ZiroCall[] {
  const taken = new Set<string>();
  return calls.map((call, index) => {
    const given =
      call.toolCallId.length <= MAX_ID_UNITS
        ? call.toolCallId
        : `~${digestOf(call.toolCallId).slice(0, 32)}`;
    let own = given === "" ? `#${index}` : given;
    for (let next = index; taken.has(own); next += 1) own = `${given}#${next}`;
    taken.add(own);
    return own === call.toolCallId ? call : { ...call, toolCallId: own };
  });
}

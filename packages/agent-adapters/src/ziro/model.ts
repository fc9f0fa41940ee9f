import { type Answer, digestOf } from "@perdure/checkpoint-core";
import type { HeldStep } from "@perdure/inngest-bridge/agent";
import type { ZiroAnswer, ZiroCall, ZiroModel } from "./contract.ts";
import { surroundings, type ZiroRun } from "./run.ts";

interface CallOptions {
  readonly abortSignal?: AbortSignal;
}

/** The model as one run has it: each call is the run's next turn, a step, and gives what is stored of it. Everything else about it is the model's own. */
export function modelInRun(run: ZiroRun, model: ZiroModel): ZiroModel {
  const generate = async (options: CallOptions): Promise<ZiroAnswer> => {
    const turn = run.nextTurn();
    const there = surroundings();
    const answer = await run.ledger.answer(turn, async (held) => {
      const given = await there(held, async () => said(model, options, held));
      return answerOf(given, model.modelId);
    });
    return saidIn(answer);
  };
  return new Proxy(model, {
    get: (target, key) => (key === "generate" ? generate : memberOf(target, key)),
  });
}

/** A member of a model that may be an instance of a class with private parts. */
function memberOf(target: object, key: string | symbol): unknown {
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

/** What is kept beside an answer. */
interface Extra {
  readonly usage: object;
  readonly model: string;
  readonly finishReason: string;
  /** What of the content the plain message does not say, in its order. */
  readonly content: readonly object[];
}

function answerOf(answer: ZiroAnswer, model: string): Answer {
  const { text, finishReason, usage } = answer;
  const calls = withOwnIds(answer.toolCalls);
  const given = answer.toolCalls;
  const content = answer.content.map((part) => {
    const place = given.findIndex((call) => isSame(part, call));
    return calls[place] ?? part;
  });
  const extra: Extra = { usage, model, finishReason, content };
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

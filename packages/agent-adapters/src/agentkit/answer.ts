import type { Answer } from "@perdure/checkpoint-core";
import type { Message } from "@inngest/agent-kit";
import { AGENTKIT, callsIn, textIn } from "./kit.ts";
import type { DataChange } from "./data.ts";

/** What a model said in a turn, as it is stored: plain data. */
export interface StoredOutput {
  readonly agent: string;
  /** Whether it only says which agent is next. */
  readonly isRouting: boolean;
  readonly output: readonly Message[];
  /** The provider's response. */
  readonly raw: unknown;
  readonly createdAt: Date;
  /** The model that answered, where it is known by name. */
  readonly model?: string;
  /** What the agent's own hooks have changed in `state.data`. */
  readonly change?: DataChange;
}

/** What is kept beside the first answer of a run: what it began with. */
export interface Began {
  /** Up to where the history was told to the model; none where it was empty. */
  readonly until?: string;
  /** The checkpoint of the data that the run began with; none where the thread had none. */
  readonly data?: string;
}

/** What a history knows of an answer beside its plain form. */
interface NativeOutput {
  readonly agent: string;
  readonly isRouting: boolean;
  readonly output: readonly Message[];
  readonly createdAt: Date;
}

/** What a model said, as it is stored. */
export function answerOf(
  { agent, isRouting, output: given, createdAt, ...rest }: StoredOutput,
  began: Began | undefined,
): Answer {
  const output = toldApart(given);
  const calls = callsIn(output).map(({ id, name, input }) => ({ id, name, input: input ?? {} }));
  const native: NativeOutput = { agent, isRouting, output, createdAt };
  const usage = usageIn(rest.raw);
  return {
    message: {
      role: "assistant",
      content: textIn(output),
      ...(calls.length === 0 ? {} : { toolCalls: calls }),
      native: { of: AGENTKIT, value: native },
    },
    extra: { ...rest, ...(usage ? { usage } : {}), ...(began ? { began } : {}) },
  };
}

/** What a stored answer says. */
export function outputIn({ message, extra = {} }: Answer): StoredOutput {
  const { raw, model, change } = extra as unknown as StoredOutput;
  return {
    ...(message.native?.value as NativeOutput),
    raw,
    ...(model === undefined ? {} : { model }),
    ...(change === undefined ? {} : { change }),
  };
}

/** What the run of a first answer began with. */
export function beganIn({ extra = {} }: Answer): Began {
  return (extra as { readonly began?: Began }).began ?? {};
}

/** What the call used, in the names that the provider has for it. */
export function usageIn(raw: unknown): object | undefined {
  const { usage, usageMetadata } = (raw ?? {}) as {
    readonly usage?: object;
    readonly usageMetadata?: Readonly<Record<string, unknown>>;
  };
  if (!usageMetadata) return usage;
  // Gemini's.
  const { promptTokenCount, candidatesTokenCount, totalTokenCount } = usageMetadata;
  return {
    inputTokens: promptTokenCount,
    outputTokens: candidatesTokenCount,
    totalTokens: totalTokenCount,
  };
}

/** Gemini's calls go by the names of their tools: two of one tool in a turn are told apart by their order. */
function toldApart(output: readonly Message[]): readonly Message[] {
  const seen = new Map<string, number>();
  const own = (id: string): string => {
    const count = (seen.get(id) ?? 0) + 1;
    seen.set(id, count);
    return count === 1 ? id : `${id}#${count}`;
  };
  return output.map((message) =>
    message.type === "tool_call"
      ? { ...message, tools: message.tools.map((tool) => ({ ...tool, id: own(tool.id) })) }
      : message,
  );
}

import { AsyncLocalStorage } from "node:async_hooks";
import { currentStep, insideStep } from "@perdure/inngest-bridge/agent";
import type { ZiroAgent, ZiroAnswer, ZiroModel } from "./contract.ts";

/** A model by its names. */
type Named = Pick<ZiroModel, "modelId" | "provider">;

/** An agent that is asked what its model says. */
interface Asking {
  /** The model that it asked, where that is a `durableModel`. */
  found?: Named;
}

const asking = new AsyncLocalStorage<Asking>();

// Ziro counts what is used in the surroundings of a call, and the agent that works counts it itself.
const afresh = AsyncLocalStorage.snapshot();

/** Whether an agent is only asked what its model says: its tools do nothing. */
export function isAsked(): boolean {
  return asking.getStore() !== undefined;
}

/** A `durableModel` says which one it is, to whoever asks an agent for its model. */
export function tellModel({ modelId, provider }: Named): void {
  const store = asking.getStore();
  if (store) store.found = { modelId, provider };
}

/** What a model is asked. */
interface CallOptions {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly tools?: readonly { readonly name: string }[];
  readonly abortSignal?: AbortSignal;
}

/**
 * The model of an agent that does not tell which one it has: each call is one step of the agent's own loop, with the messages and the tools that the call names, and the answer is that of its model.
 * Nothing else of the agent is done: no tool, no approval. It has no names before its first answer, and then only those of a `durableModel`.
 */
export function throughAgent(agent: ZiroAgent): ZiroModel {
  let found: Named = { modelId: "", provider: "" };
  return {
    get modelId() {
      return found.modelId;
    },
    get provider() {
      return found.provider;
    },
    async generate(options: CallOptions): Promise<ZiroAnswer> {
      const own: Asking = {};
      const step = currentStep();
      const ask = async (): Promise<ZiroAnswer> => oneStep(agent, options);
      const answer = await afresh(async () =>
        asking.run(own, async () => (step ? insideStep(step, ask) : ask())),
      );
      found = own.found ?? found;
      return answer;
    },
  };
}

/** One step of the agent's loop, as its model answered in it. */
async function oneStep(
  agent: ZiroAgent,
  { messages, tools = [], abortSignal }: CallOptions,
): Promise<ZiroAnswer> {
  const [first, ...others] = messages;
  const system = first?.role === "system" ? textOf(first.content) : undefined;
  const { steps } = await agent.run({
    // The agent begins with its own system message, and has that of the call put in its place.
    messages: system === undefined ? [...messages] : others,
    prepareStep: () => ({
      ...(system === undefined ? {} : { system }),
      activeTools: tools.map(({ name }) => name),
    }),
    budget: { maxSteps: 1 },
    repairToolCall: () => null,
    ...(abortSignal ? { abortSignal } : {}),
  });
  const [said] = steps as readonly (ZiroAnswer & (typeof steps)[number])[];
  abortSignal?.throwIfAborted();
  if (!said) throw new Error(`The Ziro agent "${agent.name}" has not asked its model.`);
  const { text, content, toolCalls, finishReason, usage } = said;
  return { text, content, toolCalls, finishReason, usage };
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return String(content);
  return content.map(({ text = "" }: { readonly text?: string }) => text).join("");
}

import type { Answer } from "@perdure/checkpoint-core";
import type { RunItem } from "@perdure/inngest-bridge/agent";

/** What model calls have used and asked for, to be counted: plain data. */
export interface Spent {
  readonly usage: readonly object[];
  readonly items: readonly RunItem[];
}

/** Gathers what an agent's model calls use in one pass through its loop. */
export class Spending {
  readonly #usage: object[] = [];
  readonly #items: RunItem[] = [];

  get spent(): Spent {
    return { usage: [...this.#usage], items: [...this.#items] };
  }

  /** The model that answered first, where one is known by name. */
  get model(): string | undefined {
    const named = this.#usage.map((one) => (one as { readonly model?: string }).model);
    return named.find((model) => model !== undefined);
  }

  /** An agent's model has answered. */
  answered(agent: string, { message: { content, toolCalls = [] }, extra = {} }: Answer): void {
    const { usage = {}, model } = extra as { readonly usage?: object; readonly model?: string };
    this.#usage.push(model === undefined ? usage : { ...usage, model });
    if (content !== "") this.#items.push({ type: "message", agent });
    for (const _ of toolCalls)
      this.#items.push({ type: "tool_call", agent }, { type: "tool_result", agent });
  }

  /** So has an agent below, in a call that is over. */
  include({ usage, items }: Spent): void {
    this.#usage.push(...usage);
    this.#items.push(...items);
  }
}

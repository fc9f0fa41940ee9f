import {
  checkGiven,
  type DecideResult,
  type Decision,
  StorageError,
} from "@perdure/checkpoint-core";
import { DECIDE_OPTIONS, definedOnly } from "./inngest/asked.ts";
import type { DecideOptions } from "./target.ts";

/** Records a decision, and sees to it that its run goes on. */
export type Decide = (at: DecideOptions, decision: Decision) => Promise<DecideResult>;

/** The calls by which a person decides. */
export interface DecisionCalls {
  approve(options: DecideOptions & { readonly input?: unknown }): Promise<DecideResult>;
  deny(options: DecideOptions & { readonly reason?: string }): Promise<DecideResult>;
  answer(options: DecideOptions & { readonly value: unknown }): Promise<DecideResult>;
}

/** The options, found to be such: `own` is the one that the other decisions do not have. */
function checked<T extends DecideOptions>(call: string, options: T, own: string): T {
  checkGiven(call, options, { threadId: "text" }, new Set([...DECIDE_OPTIONS, own]));
  return options;
}

/** The three decisions of code, each refused where it brings an option that it does not have (`INVALID_ARGUMENT`). */
export function decisionCalls(decide: Decide): DecisionCalls {
  return {
    async approve(options) {
      const { input, ...at } = checked("approve", options, "input");
      return decide(at, { kind: "approve", ...definedOnly({ input }) });
    },
    async deny(options) {
      const { reason, ...at } = checked("deny", options, "reason");
      return decide(at, { kind: "deny", ...definedOnly({ reason }) });
    },
    async answer(options) {
      const { value, ...at } = checked("answer", options, "value");
      if (value === undefined)
        throw new StorageError("INVALID_ARGUMENT", "answer needs a value: what the model is told.");
      return decide(at, { kind: "answer", value });
    },
  };
}

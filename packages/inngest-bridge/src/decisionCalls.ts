import { type DecideResult, type Decision, StorageError } from "@perdure/checkpoint-core";
import { DECIDE_OPTIONS, definedOnly, refuseUnknown } from "./inngest/asked.ts";
import type { DecideOptions } from "./target.ts";

/** Records a decision, and sees to it that its run goes on. */
export type Decide = (at: DecideOptions, decision: Decision) => Promise<DecideResult>;

/** The calls by which a person decides. */
export interface DecisionCalls {
  approve(options: DecideOptions & { readonly input?: unknown }): Promise<DecideResult>;
  deny(options: DecideOptions & { readonly reason?: string }): Promise<DecideResult>;
  answer(options: DecideOptions & { readonly value: unknown }): Promise<DecideResult>;
}

/** The three decisions of code, each refused where it brings an option that it does not have (`INVALID_ARGUMENT`). */
export function decisionCalls(decide: Decide): DecisionCalls {
  return {
    async approve({ input, ...at }) {
      refuseUnknown("approve", at, DECIDE_OPTIONS);
      return decide(at, { kind: "approve", ...definedOnly({ input }) });
    },
    async deny({ reason, ...at }) {
      refuseUnknown("deny", at, DECIDE_OPTIONS);
      return decide(at, { kind: "deny", ...definedOnly({ reason }) });
    },
    async answer({ value, ...at }) {
      refuseUnknown("answer", at, DECIDE_OPTIONS);
      if (value === undefined)
        throw new StorageError("INVALID_ARGUMENT", "answer needs a value: what the model is told.");
      return decide(at, { kind: "answer", value });
    },
  };
}

import { AsyncLocalStorage } from "node:async_hooks";
import type { Store } from "@perdure/checkpoint-core";
import type { SpentCall } from "@perdure/inngest-bridge/agent";
import { spentInCall } from "./metered.ts";

/** The tool call whose code is running. */
export interface CurrentCall {
  /** Names this call for the service behind the tool: the same in every attempt, delivery and execution, another for every other call. */
  readonly idempotencyKey: string;
  readonly callId: string;
  readonly threadId: string;
  readonly runId: string;
  /** Aborted when the run has been taken over. */
  readonly signal: AbortSignal;
  readonly store: Store;
  /** What was handed along with the run or made for this execution, and never stored. */
  readonly requestContext: unknown;
  /** Says a piece of what the tool gives to those who watch the run. What the tool returns is the result. */
  stream(delta: string): void;
  /**
   * Counts a model call that the tool has made itself: for the run's budget, and for `toolBudget`, whose limit it throws as `BudgetExceededError` once that is passed. Refused (`INVALID_ARGUMENT`)
   * where the framework holds its budgets by itself.
   */
  spent(call: SpentCall): Promise<void>;
}

const calls = new AsyncLocalStorage<Omit<CurrentCall, "spent">>();

/** The call that the caller's code is part of; `undefined` outside of a tool of a run. */
export function currentCall(): CurrentCall | undefined {
  const call = calls.getStore();
  return call && { ...call, spent: spentInCall };
}

/** Runs a tool's code so that `currentCall` knows its call. */
export function insideCall<T>(call: Omit<CurrentCall, "spent">, body: () => T): T {
  return calls.run(call, body);
}

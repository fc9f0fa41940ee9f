import { AsyncLocalStorage } from "node:async_hooks";
import { holdingBack } from "@perdure/checkpoint-core";
import type { ZiroAgent } from "./contract.ts";
import { install } from "./install.ts";
import { currentRun } from "./run.ts";

const withheld = new AsyncLocalStorage<true>();

/** A handoff that is one step: what suspends in it is not kept by the agent below, under whatever thread it falls back to. Of agents that are not named, those with a checkpointer of ours know. */
export function withholding<T>(body: () => T): T {
  return withheld.run(true, () => holdingBack(isSnapshot, body));
}

function isSnapshot(state: unknown): boolean {
  return typeof state === "object" && state !== null && "__ziro_snapshot__" in state;
}

const installed = new WeakSet<object>();

/** From now on the agent's checkpointer keeps no suspension of a run of ours, nor of an agent that it hands over to: the run itself does, under its own thread. */
export function installCheckpointer({ checkpointer }: ZiroAgent): void {
  if (!checkpointer || !("put" in checkpointer) || installed.has(checkpointer)) return;
  const put = checkpointer.put as (...given: unknown[]) => Promise<string>;
  const value = async (...given: unknown[]): Promise<string> =>
    currentRun() || withheld.getStore() ? "" : put.apply(checkpointer, given);
  install("The checkpointer", checkpointer, "put", { value });
  installed.add(checkpointer);
}

import { deepStrictEqual } from "node:assert/strict";
import type { Pair } from "./pairs.ts";
import { play, stateBytes, sum } from "./stepsAndBytes.ts";

/** What a long run came to. */
export interface Thousands {
  readonly steps: number;
  readonly executions: number;
  readonly requests: number;
  /** Of the largest execution. */
  readonly stateBytes: number;
  readonly seconds: number;
}

/** A run of so many turns with one call each, on the limits of Inngest itself. Throws unless it completes and its history is whole. */
export async function thousands(
  turns: number,
  {
    checkpointing,
    stores,
  }: { readonly checkpointing: boolean; readonly stores: () => Promise<Pair> },
): Promise<Thousands> {
  await using pair = await stores();
  const began = Date.now();
  const executions = await play(
    { what: `${turns} turns`, turns: Array.from({ length: turns }, () => 1), store: pair.a },
    checkpointing,
  );
  const seconds = Math.round((Date.now() - began) / 1000);
  const entries = await pair.b.history.read<{ readonly role: string }>("t");
  const turn = ["assistant", "tool"];
  deepStrictEqual(
    entries.map(({ value }) => value.role),
    ["user", ...Array.from({ length: turns }, () => turn).flat(), "assistant"],
  );
  return {
    steps: sum(executions.map(({ steps }) => steps.length)),
    executions: executions.length,
    requests: sum(executions.map(({ requests }) => requests)),
    stateBytes: Math.max(...executions.map(stateBytes)),
    seconds,
  };
}

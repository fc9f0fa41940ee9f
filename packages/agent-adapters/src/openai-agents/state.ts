import type { RunState } from "@openai/agents";
import type { AnyAgent } from "./agents.ts";
import type { Position } from "../run/position.ts";

/** Where a run waits for people, with the SDK's own state of it as structure: `RunState.fromString(agent, JSON.stringify(runState))` goes on with it anywhere. */
export interface OpenAIPosition extends Position {
  readonly runState: Readonly<Record<string, unknown>>;
}

/** The SDK's state of a run as structure. What the run was given as context is not in it, but for what `keep` makes of it. */
export function structureOf(
  state: RunState<unknown, AnyAgent>,
  keep: ((context: unknown) => unknown) | undefined,
): OpenAIPosition["runState"] {
  const json = JSON.parse(state.toString()) as {
    readonly context?: { readonly context?: unknown };
  };
  const { context = {} } = json;
  const kept = keep ? (keep(context.context) ?? {}) : {};
  return { ...json, context: { ...context, context: kept } };
}

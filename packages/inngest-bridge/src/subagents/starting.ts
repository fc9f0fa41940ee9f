import { digestOf, type Scope, StorageError } from "@perdure/checkpoint-core";
import type { Bridge } from "../inngest/bridge.ts";
import type { StartOptions } from "../target.ts";
import { storeOf } from "../inngest/scope.ts";
import type { ToolContext } from "../loop/contract.ts";
import type { RunInput } from "../runInput.ts";
import type { StartedOptions } from "./contract.ts";
import { invalid } from "./options.ts";

/** A run that a call starts. */
export interface StartedRun {
  readonly given: StartOptions & { readonly threadId: string; readonly runId: string };
  /** How many agents stand above it. */
  readonly depth: number;
}

/**
 * The run that a call starts: named by the call, so that it is started once, and in the scope of the run that calls. Throws `INVALID_ARGUMENT` where there is no Inngest, where the agents would stand
 * too deep, and for an input that makes no prompt; `FORBIDDEN` where the agent's functions would take the run for somebody else's.
 */
export async function startedRun(
  bridge: Bridge,
  maker: string,
  {
    promptOf,
    threadId,
    maxDepth,
  }: Required<Pick<StartedOptions, "maxDepth">> &
    Pick<StartedOptions, "threadId"> & { readonly promptOf: (input: unknown) => string },
  input: unknown,
  context: ToolContext,
): Promise<StartedRun> {
  const { store, idempotencyKey, runId: above, hasInngest = false } = context;
  if (!hasInngest)
    throw invalid(`${maker} needs Inngest, and this run has none: nothing was started.`);
  const depth = depthBelow(bridge, context, maxDepth);
  const key = digestOf([maker, idempotencyKey]).slice(0, 40);
  const { fields = {} } = ((await store.runs.get(above))?.input ?? {}) as Partial<RunInput>;
  const given = {
    threadId: threadId?.(input as never) ?? `${maker}:${key}`,
    runId: `${maker}-${key}`,
    prompt: promptOf(input),
    data: fields,
    ...(Object.keys(store.scope).length === 0 ? {} : { scope: store.scope }),
  };
  refuseOtherScope(bridge, given, store.scope);
  return { given, depth };
}

function depthBelow({ agent }: Bridge, { depth: own = 0 }: ToolContext, maxDepth: number): number {
  const depth = own + 1;
  if (depth <= maxDepth) return depth;
  throw invalid(
    `Nothing was started: ${maxDepth} agents may stand above "${agent.name}", and here it would be ${depth}.`,
  );
}

/** What would be worked on in another scope than it is asked for in. */
function refuseOtherScope(bridge: Bridge, given: StartedRun["given"], scope: Scope): void {
  const { data = {}, threadId, runId } = given;
  const event = { name: bridge.runEvent, data: { ...data, threadId, runId } };
  const theirs = storeOf(bridge, event).scope;
  if (theirs.tenant === scope.tenant && theirs.user === scope.user) return;
  throw new StorageError(
    "FORBIDDEN",
    `Nothing was started: the functions of "${bridge.name}" would take the run for one of another tenant or user.`,
  );
}

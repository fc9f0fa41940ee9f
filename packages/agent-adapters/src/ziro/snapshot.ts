import { IncompatibleError } from "@perdure/checkpoint-core";
import type { Agents } from "./agents.ts";
import { type Below, idIn } from "./below.ts";
import type { ZiroRun } from "./run.ts";
import type { Waiting } from "./passed.ts";

/** A call that waits for a person. */
export interface Pending {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly parsedInput: unknown;
}

/** Ziro's snapshot, as far as it is read, with what waits below the calls that hand over: to Ziro they wait themselves. The rest of it is Ziro's own. */
export interface Snapshot {
  readonly step: number;
  readonly pendingApprovals: readonly Pending[];
  readonly below?: readonly Pick<Waiting, "tool" | "agent">[];
}

const VERSIONS = new Set<unknown>([1, 2]);

/** Ziro's brand: it outlives copies of its class. */
export function isSuspension(error: unknown): error is { readonly snapshot: unknown } {
  const { __ziro_suspended__: brand } = (error ?? {}) as Readonly<Record<string, unknown>>;
  return brand === true;
}

/** The snapshot in a checkpoint. Throws `IncompatibleError` for what the agents cannot go on from. */
export function readSnapshot({ top, below }: Agents, state: unknown): Snapshot {
  const { name, tools } = top.agent;
  const {
    __ziro_snapshot__: brand,
    version,
    step,
  } = (state ?? {}) as Readonly<Record<string, unknown>>;
  if (brand !== true || typeof step !== "number")
    throw new IncompatibleError(`The checkpoint holds no snapshot of the Ziro agent "${name}".`);
  if (!VERSIONS.has(version))
    throw new IncompatibleError(
      `The checkpoint holds a snapshot of version ${String(version)}; 1 and 2 are known.`,
    );
  const pendingApprovals = pendingIn(state);
  const gone = pendingApprovals.find(({ toolName }) => !Object.hasOwn(tools, toolName));
  if (gone) throw goneTool(gone.toolName, name);
  checkBelow(name, below, state as Snapshot);
  return { step, pendingApprovals };
}

function checkBelow(name: string, agents: Agents["below"], { below = [] }: Snapshot): void {
  for (const { agent = "", tool } of below) {
    const known = agents.find((one) => one.agent.name === agent);
    if (!known)
      throw new IncompatibleError(
        `The checkpoint waits for the agent "${agent}", which is not among the handoffs of "${name}".`,
      );
    if (!Object.hasOwn(known.agent.tools, tool)) throw goneTool(tool, agent);
  }
}

/** What of a snapshot people are asked about: the calls that wait, and in place of one that handed over what waits below it. */
export function waitingIn(
  { waiting }: ZiroRun,
  below: Below | undefined,
  snapshot: unknown,
): readonly Waiting[] {
  return pendingIn(snapshot).flatMap(({ toolCallId, toolName: tool, parsedInput: input }) => {
    const callId = idIn(below, toolCallId);
    const own: Waiting = { callId, tool, input };
    const { agent } = below ?? {};
    return waiting.get(callId) ?? [agent === undefined ? own : { ...own, agent }];
  });
}

function pendingIn(snapshot: unknown): readonly Pending[] {
  const { pendingApprovals } = (snapshot ?? {}) as Partial<Snapshot>;
  return pendingApprovals ?? [];
}

function goneTool(tool: string, agent: string): IncompatibleError {
  return new IncompatibleError(
    `The checkpoint waits for the tool "${tool}", which the agent "${agent}" does not have.`,
  );
}

import { IncompatibleError } from "@perdure/checkpoint-core";
import type { ZiroAgent } from "./contract.ts";

/** A call that waits for a person. */
export interface Pending {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly parsedInput: unknown;
}

/** Ziro's snapshot, as far as it is read: the rest of it is Ziro's own. */
export interface Snapshot {
  readonly step: number;
  readonly pendingApprovals: readonly Pending[];
}

const VERSIONS = new Set<unknown>([1, 2]);

/** The snapshot in a checkpoint. Throws `IncompatibleError` for what the agent cannot go on from. */
export function readSnapshot({ name, tools }: ZiroAgent, state: unknown): Snapshot {
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
  if (gone)
    throw new IncompatibleError(
      `The checkpoint waits for the tool "${gone.toolName}", which the agent "${name}" does not have.`,
    );
  return { step, pendingApprovals };
}

export function pendingIn(snapshot: unknown): readonly Pending[] {
  const { pendingApprovals } = (snapshot ?? {}) as Partial<Snapshot>;
  return pendingApprovals ?? [];
}

import { IncompatibleError } from "@perdure/checkpoint-core";
import type { Standing } from "./graph.ts";

/** Where a run of a graph stands. What it did so far stands in the graph's own checkpoints. */
export interface Position extends Standing {
  readonly version: 1;
  readonly of: "langgraph";
  readonly agent: string;
}

/** Where the agent stands, as it is stored. */
export function positionOf(agent: string, standing: Standing): Position {
  return { version: 1, of: "langgraph", agent, ...standing };
}

/** The position in a checkpoint. Throws `IncompatibleError` for what this graph cannot go on from. */
export function readPosition(name: string, state: unknown): Position {
  const { version, of, agent, id, asked } = (state ?? {}) as Partial<
    Record<keyof Position, unknown>
  >;
  if (typeof version === "number" && version > 1)
    throw new IncompatibleError(
      `The checkpoint was written by a newer version (${version}); this one reads 1.`,
    );
  const isOurs = version === 1 && of === "langgraph" && typeof id === "string";
  if (!isOurs || !Array.isArray(asked))
    throw new IncompatibleError(`The checkpoint holds no state of the graph "${name}".`);
  if (agent !== name)
    throw new IncompatibleError(
      `The checkpoint was written by the agent "${String(agent)}", and this one is "${name}".`,
    );
  return state as Position;
}

import { type Operation } from "./operation.ts";
import { nothing, partitionModel, type PartitionState } from "./partition.ts";
import { type Bounds, search } from "./search.ts";

/** Operations of one partition, and the state that they began with. */
export interface PartitionHistory {
  readonly initial: PartitionState;
  readonly operations: readonly Operation[];
}

/** Whether a history can have happened on one machine in one order. `undecided`: the search has used up its bounds, which is no "ok". */
export type Verdict =
  | { readonly verdict: "ok" }
  | {
      readonly verdict: "bad";
      readonly partition: string;
      readonly history: PartitionHistory;
      readonly stuck: Operation;
    }
  | { readonly verdict: "undecided"; readonly partition: string };

/** The operations of each partition. Each can be judged alone: a history is linearizable exactly when it is so for every partition (Herlihy and Wing's locality). */
function byPartition(operations: readonly Operation[]): ReadonlyMap<string, readonly Operation[]> {
  return Map.groupBy(operations, ({ partition }) => partition);
}

/**
 * Judges a history over partitions that nobody had written to before it. Every value in it is written by one operation only. The first partition that is bad is the verdict, or the
 * first undecided one where none is bad.
 */
export function checkHistory(operations: readonly Operation[], bounds?: Bounds): Verdict {
  let undecided: Verdict | undefined;
  for (const [partition, own] of byPartition(operations)) {
    const history = { initial: nothing, operations: own };
    const found = judge(history, bounds);
    if (found.verdict === "bad") return { verdict: "bad", partition, history, stuck: found.stuck };
    if (found.verdict === "undecided") undecided ??= { verdict: "undecided", partition };
  }
  return undecided ?? { verdict: "ok" };
}

/** Judges the history of one partition. */
export function judge(
  { initial, operations }: PartitionHistory,
  bounds?: Bounds,
): ReturnType<typeof search<Operation, PartitionState>> {
  const telling = operations.filter(tells);
  // Without a choice there is nothing to turn back from, and the operation that is stuck is the one that a reader would name.
  const evidence = telling.some(({ answer }) => answer === undefined);
  return search(telling, partitionModel(telling, initial, { evidence }), bounds);
}

/** Whether the operation has any part in the verdict: one that changes nothing, and that nobody got an answer of, has none. */
function tells({ call, answer }: Operation): boolean {
  return answer !== undefined || call.verb === "write" || call.verb === "drop";
}

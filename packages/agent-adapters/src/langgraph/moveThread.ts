import { checkGiven } from "@perdure/checkpoint-core";
import type { BaseCheckpointSaver, CheckpointTuple } from "@langchain/langgraph-checkpoint";

const METADATA = { source: "fork", step: -1, parents: {} } as const;

/**
 * A thread of one saver goes on in another: the newest checkpoint of the graph and of each of its subgraphs stands there under its own id, with what tasks have written beside it, interrupts among it.
 * The graph's own comes last. A move that was cut short, or whose end nobody heard of, is made again before the thread goes on: again changes nothing. `false` where the saver has no such thread.
 * Earlier checkpoints stay where they are.
 */
export async function moveThread(
  from: BaseCheckpointSaver,
  to: BaseCheckpointSaver,
  threadId: string,
): Promise<boolean> {
  checkGiven(
    "moveThread",
    { from, to, threadId },
    { from: "object", to: "object", threadId: "text" },
  );
  const newest = new Map<string, CheckpointTuple>();
  for await (const tuple of from.list({ configurable: { thread_id: threadId } })) {
    const known = newest.get(spaceOf(tuple));
    if (!known || known.checkpoint.id < tuple.checkpoint.id) newest.set(spaceOf(tuple), tuple);
  }
  const spaces = [...newest.keys()].toSorted((one, other) => other.length - one.length);
  for (const space of spaces) {
    const tuple = newest.get(space);
    if (tuple) await put(to, threadId, space, tuple);
  }
  return newest.has("");
}

function spaceOf({ config }: CheckpointTuple): string {
  return (config.configurable?.["checkpoint_ns"] as string | undefined) ?? "";
}

async function put(
  to: BaseCheckpointSaver,
  thread_id: string,
  checkpoint_ns: string,
  { checkpoint, metadata = METADATA, pendingWrites = [] }: CheckpointTuple,
): Promise<void> {
  const config = { configurable: { thread_id, checkpoint_ns } };
  const placed = await to.put(config, checkpoint, metadata, checkpoint.channel_versions);
  for (const [task, writes] of Map.groupBy(pendingWrites, ([id]) => id))
    await to.putWrites(
      placed,
      writes.map(([, channel, value]) => [channel, value]),
      task,
    );
}

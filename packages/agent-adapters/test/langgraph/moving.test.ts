import { Command, MemorySaver } from "@langchain/langgraph";
import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { LangGraphSaver } from "../../src/langgraph/index.ts";
import { refundGraph } from "./refund.ts";

// The code of docs/coming-from.md.
test("a thread that waits in another saver goes on in ours", async () => {
  const old = new MemorySaver();
  const saver = new LangGraphSaver(createStore({ backend: memoryBackend() }));
  const thread_id = "t";
  await refundGraph(old).invoke({ order: "123" }, { configurable: { thread_id } });
  const tuple = await old.getTuple({ configurable: { thread_id } });
  expect(tuple?.pendingWrites).not.toEqual([]);
  if (tuple) {
    const { checkpoint, pendingWrites = [] } = tuple;
    const { metadata = { source: "fork", step: -1, parents: {} } } = tuple;
    const config = await saver.put(
      { configurable: { thread_id } },
      checkpoint,
      metadata,
      checkpoint.channel_versions,
    );
    for (const [task, writes] of Map.groupBy(pendingWrites, ([id]) => id))
      await saver.putWrites(
        config,
        writes.map(([, channel, value]) => [channel, value]),
        task,
      );
  }
  const graph = refundGraph(saver);
  const resumed = await graph.invoke(new Command({ resume: { approved: true } }), {
    configurable: { thread_id },
  });
  expect(resumed).toEqual({ order: "123", looked: 1, refunded: true });
});

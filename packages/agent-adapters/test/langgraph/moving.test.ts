import {
  Annotation,
  Command,
  interrupt,
  MemorySaver,
  START,
  StateGraph,
} from "@langchain/langgraph";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { LangGraphSaver, moveThread } from "../../src/langgraph/index.ts";
import { refundGraph } from "./refund.ts";

const config = { configurable: { thread_id: "t" } };

function ours(): LangGraphSaver {
  return new LangGraphSaver(createStore({ backend: memoryBackend() }));
}

test("a thread that waits in another saver goes on in ours", async () => {
  const [old, saver] = [new MemorySaver(), ours()];
  await refundGraph(old).invoke({ order: "123" }, config);
  for (let time = 0; time < 2; time += 1) expect(await moveThread(old, saver, "t")).toBe(true);
  const resumed = await refundGraph(saver).invoke(
    new Command({ resume: { approved: true } }),
    config,
  );
  expect(resumed).toEqual({ order: "123", looked: 1, refunded: true });
  expect(await moveThread(old, saver, "another")).toBe(false);
});

const State = Annotation.Root({ order: Annotation<string>, paid: Annotation<boolean> });

// oxlint-disable-next-line typescript/explicit-function-return-type -- LangGraph's own type of a graph takes a page
function billing(checkpointer: BaseCheckpointSaver, charged: string[]) {
  const inner = new StateGraph(State)
    .addNode("charge", ({ order }) => {
      charged.push(order);
      return {};
    })
    .addNode("ask", () => ({ paid: interrupt<unknown, boolean>("May it?") }))
    .addEdge(START, "charge")
    .addEdge("charge", "ask")
    .compile();
  return new StateGraph(State)
    .addNode("billing", inner)
    .addEdge(START, "billing")
    .compile({ checkpointer });
}

test("a thread that waits in a subgraph goes on there, and does nothing again", async () => {
  const [old, saver] = [new MemorySaver(), ours()];
  const charged: string[] = [];
  await billing(old, charged).invoke({ order: "123" }, config);
  expect(await moveThread(old, saver, "t")).toBe(true);
  const resumed = await billing(saver, charged).invoke(new Command({ resume: true }), config);
  expect(resumed).toEqual({ order: "123", paid: true });
  expect(charged).toEqual(["123"]);
});

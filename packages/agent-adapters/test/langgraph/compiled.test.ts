import { MemorySaver, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { createInngestAgent } from "../../src/langgraph/inngest.ts";

const graph = new StateGraph(MessagesAnnotation)
  .addNode("think", () => ({ messages: [{ role: "assistant", content: "Hello." }] }))
  .addEdge(START, "think");

const given = () => ({
  inngest: createTestInngest().client({ id: "app" }),
  store: createStore({ backend: memoryBackend() }),
  name: "desk",
});

test("what a graph was compiled with is not lost without a word", () => {
  for (const [name, value] of Object.entries({
    checkpointer: new MemorySaver(),
    interruptBefore: ["think" as const],
    interruptAfter: "*" as const,
  }))
    expect(() =>
      createInngestAgent({ ...given(), agent: graph.compile({ [name]: value }) }),
    ).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(name) }),
    );
});

test("a graph is an agent, compiled or not", () => {
  for (const agent of [graph, graph.compile({ interruptBefore: [] })])
    expect(createInngestAgent({ ...given(), agent }).name).toBe("desk");
});

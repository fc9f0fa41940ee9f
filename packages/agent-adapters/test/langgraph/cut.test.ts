import { AIMessage } from "@langchain/core/messages";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import { runLocally } from "@perdure/inngest-bridge/agent";
import { expect, test } from "vitest";
import { langGraphAgent } from "../../src/langgraph/index.ts";

/** The store, whose checkpoint of this number is not written. */
function cutAt(store: Store, nth: number): Store {
  const { checkpoints } = store;
  let puts = 0;
  return {
    ...store,
    checkpoints: {
      ...checkpoints,
      async put(...given: Parameters<typeof checkpoints.put>) {
        puts += 1;
        if (puts === nth) throw new Error("The process dies.");
        return checkpoints.put(...given);
      },
    },
  };
}

test.each([1, 2, 3, 4, 5])(
  "a run that ends between what a node has written and checkpoint %i goes on there, and not at the graph's end",
  async (nth) => {
    const did: string[] = [];
    const node = (name: string) => () => {
      did.push(name);
      return { messages: [new AIMessage(name)] };
    };
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("think", node("think"))
      .addNode("look", node("look"))
      .addNode("say", node("say"))
      .addEdge(START, "think")
      .addEdge("think", "look")
      .addEdge("look", "say");
    const agent = langGraphAgent({ name: "desk", graph });
    const store = createStore({ backend: memoryBackend() });
    const asked = { threadId: "t", runId: "r", prompt: "Go" };
    await expect(runLocally(agent, { ...asked, store: cutAt(store, nth) })).rejects.toThrow("dies");
    const report = await runLocally(agent, { ...asked, store });
    expect(report).toMatchObject({
      status: "completed",
      output: { response: "say", iterations: 3 },
    });
    expect(did).toEqual(["think", "look", "say"]);
  },
);

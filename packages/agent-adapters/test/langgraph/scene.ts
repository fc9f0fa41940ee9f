import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import { interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { LangGraphSaver, langGraphAgent } from "../../src/langgraph/index.ts";
import type { Framework, Outside } from "../scenarios/framework.ts";

const agree = (order: string) => () => {
  const { approved } = interrupt<unknown, { readonly approved: boolean }>({ order });
  return { messages: [new AIMessage(approved ? "agreed" : "refused")] };
};

/** A graph that looks up, asks its model, asks a person, refunds, asks its model again, and so once more. */
function desk({ ask, did }: Outside) {
  const think = (said: string) => async () => {
    await ask();
    return { messages: [new AIMessage(said)] };
  };
  const work = (effect: string) => () => {
    did(effect);
    return { messages: [new AIMessage(`Done: ${effect}.`)] };
  };
  return new StateGraph(MessagesAnnotation)
    .addNode("think", think("Let me see."))
    .addNode("look", work("lookup 7"))
    .addNode("weigh", think("I shall ask."))
    .addNode("agreeOn7", agree("7"))
    .addNode("refund7", work("refund 7"))
    .addNode("goOn", think("And the other."))
    .addNode("agreeOn8", agree("8"))
    .addNode("refund8", work("refund 8"))
    .addNode("say", think("Both are paid."))
    .addEdge(START, "think")
    .addEdge("think", "look")
    .addEdge("look", "weigh")
    .addEdge("weigh", "agreeOn7")
    .addEdge("agreeOn7", "refund7")
    .addEdge("refund7", "goOn")
    .addEdge("goOn", "agreeOn8")
    .addEdge("agreeOn8", "refund8")
    .addEdge("refund8", "say");
}

/** Four times the model, a lookup, and two refunds that people agree to. The conversation stands in the graph's state. */
export const framework: Framework = {
  name: "LangGraph 1",
  module: new URL(import.meta.url),
  prompt: "Refund orders 7 and 8",
  agent: (outside) => langGraphAgent({ name: "desk", graph: desk(outside) }),
  needs: {
    models: 4,
    effects: ["lookup 7", "refund 7", "refund 8"],
    messages: 10,
    response: "Both are paid.",
  },
  async messages(store, threadId) {
    const nobody: Outside = { ask: async () => {}, did: () => undefined };
    const graph = desk(nobody).compile({ checkpointer: new LangGraphSaver(store) });
    const { values } = await graph.getState({ configurable: { thread_id: threadId } });
    const { messages } = values as { readonly messages: readonly BaseMessage[] };
    return messages.map((message) => [message.getType(), message.text]);
  },
};

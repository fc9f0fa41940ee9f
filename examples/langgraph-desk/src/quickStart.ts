import type { AIMessage, BaseMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { ToolNode, toolsCondition } from "@langchain/langgraph/prebuilt";
import { z } from "zod";

/** A model of LangChain's, as far as it is called here. */
export interface ChatModel {
  invoke(messages: readonly BaseMessage[]): Promise<AIMessage>;
}

/** LangGraph's own quick start: a graph of a model and its tool, called once. */
export async function quickStart(model: ChatModel): Promise<string | undefined> {
  const refundOrder = tool(async ({ order }) => `Order ${order} is refunded.`, {
    name: "refund_order",
    description: "Refunds an order.",
    schema: z.object({ order: z.string() }),
  });
  const agent = new StateGraph(MessagesAnnotation)
    .addNode("think", async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
    .addNode("tools", new ToolNode([refundOrder]))
    .addEdge(START, "think")
    .addConditionalEdges("think", toolsCondition)
    .addEdge("tools", "think")
    .compile();
  const { messages } = await agent.invoke({
    messages: [{ role: "user", content: "Refund order 7" }],
  });
  const text = messages.at(-1)?.text;
  return text;
}

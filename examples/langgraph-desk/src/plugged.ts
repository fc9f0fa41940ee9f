import { tool } from "@langchain/core/tools";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { ToolNode, toolsCondition } from "@langchain/langgraph/prebuilt";
import { createInngestAgent } from "@perdure/agent-adapters/langgraph/inngest";
import { openStore } from "@perdure/checkpoint-core";
import type { Inngest, InngestFunction } from "inngest";
import { z } from "zod";
import type { ChatModel } from "./quickStart.ts";

/** `quickStart` with Perdure. Inngest's own quick start makes the client and the route: `serve` stands for `serve({ client: inngest, functions })`. */
export async function plugged(
  model: ChatModel,
  inngest: Inngest.Any,
  serve: (functions: InngestFunction.Any[]) => Promise<void>,
): Promise<string> {
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
  const support = createInngestAgent({
    inngest,
    store: await openStore("memory:"),
    name: "support",
    agent,
  });
  await serve(support.functions);
  const { text } = (await support.stream("Refund order 7", { threadId: "user:42" })).output;
  return text;
}

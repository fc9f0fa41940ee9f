import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import { interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { langGraphAgent } from "@perdure/agent-adapters/langgraph";
import { openStore } from "@perdure/checkpoint-core";
import { createInngestAgent } from "@perdure/inngest-bridge";
import type { Inngest } from "inngest";

/** What the desk is made with: a model of LangChain's, as far as it is called here, and the payment side. */
export interface Outside {
  readonly model: { invoke(messages: readonly BaseMessage[]): Promise<AIMessage> };
  readonly refund: (order: string) => Promise<unknown>;
}

/** A desk whose refunds a person approves: a graph as LangGraph's quick start makes one, but for `compile`. The last two statements are new. */
export async function desk(
  { model, refund }: Outside,
  { inngest, storeUrl }: { inngest: Inngest.Any; storeUrl: string },
) {
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("think", async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
    .addNode("ask", ({ messages }) => {
      const order = messages.at(-1)?.text ?? "";
      const { approved } = interrupt<unknown, { readonly approved: boolean }>({ order });
      return { messages: [new AIMessage(approved ? order : "")] };
    })
    .addNode("refund", async ({ messages }) => {
      const order = messages.at(-1)?.text ?? "";
      if (order !== "") await refund(order);
      return { messages: [new AIMessage(order === "" ? "Not refunded." : `Refunded ${order}.`)] };
    })
    .addEdge(START, "think")
    .addEdge("think", "ask")
    .addEdge("ask", "refund");
  const store = await openStore(storeUrl);
  const agent = langGraphAgent({ name: "desk", graph });
  return { store, desk: createInngestAgent({ inngest, agent, store }) };
}

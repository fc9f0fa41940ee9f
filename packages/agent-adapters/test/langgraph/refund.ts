import { Annotation, interrupt, START, StateGraph } from "@langchain/langgraph";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";

const State = Annotation.Root({
  order: Annotation<string>,
  looked: Annotation<number>({ reducer: (one, other) => one + other, default: () => 0 }),
  refunded: Annotation<boolean>,
});

/** A graph that looks an order up, asks a person, and refunds it. */
// oxlint-disable-next-line typescript/explicit-module-boundary-types -- LangGraph's own type of a graph takes a page
export function refundGraph(checkpointer: BaseCheckpointSaver) {
  return new StateGraph(State)
    .addNode("look", () => ({ looked: 1 }))
    .addNode("ask", ({ order }) => {
      const { approved } = interrupt<unknown, { readonly approved: boolean }>({ refund: order });
      return { refunded: approved };
    })
    .addEdge(START, "look")
    .addEdge("look", "ask")
    .compile({ checkpointer });
}

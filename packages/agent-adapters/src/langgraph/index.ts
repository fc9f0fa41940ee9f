/** LangGraph on any store: `graph.compile({ checkpointer: new LangGraphSaver(store) })`. */
export { LangGraphSaver } from "./saver.ts";

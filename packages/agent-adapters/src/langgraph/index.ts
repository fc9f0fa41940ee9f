/** LangGraph on any store: `graph.compile({ checkpointer: new LangGraphSaver(store) })`, and its graphs as agents of runs. */
export { langGraphAgent, type LangGraphAgentOptions } from "./agent.ts";
export type { GraphBuilder } from "./graph.ts";
export { moveThread } from "./moveThread.ts";
export { LangGraphSaver } from "./saver.ts";
export { graphResult } from "./stats.ts";

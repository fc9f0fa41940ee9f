import { Command } from "@langchain/langgraph";
import { openStore } from "@perdure/checkpoint-core";
import { LangGraphSaver } from "../../src/langgraph/index.ts";
import { refundGraph } from "./refund.ts";

// Another process: it goes on with the graph of a thread.
const { url, threadId, resume } = JSON.parse(process.argv[2] ?? "{}") as {
  readonly url: string;
  readonly threadId: string;
  readonly resume: unknown;
};
await using store = await openStore(url);
const graph = refundGraph(new LangGraphSaver(store));
const state = await graph.invoke(new Command({ resume }), {
  configurable: { thread_id: threadId },
});
process.stdout.write(JSON.stringify(state));

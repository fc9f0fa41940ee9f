// A process that changes what another one changes at the same time, as Mastra would. It says that it is there, and begins with what is said to it.
// usage: racer.ts <store url> <name>
import { once } from "node:events";
import { openStore } from "@perdure/checkpoint-core";
import { StoreServerCache } from "../../src/mastra/index.ts";
import { domains, RACED } from "./handles.ts";

const [url = "", name = ""] = process.argv.slice(2);
const each = <T>(count: number, change: (key: string) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, async (_, index) => change(`${name}${index}`)));

await using store = await openStore(url);
const { memory, threadState, workflows } = await domains(store);
const cache = new StoreServerCache(store);
process.stdout.write("here\n");
await once(process.stdin, "data");
for (const { id, changes } of RACED)
  await each(changes, async (key) =>
    memory.updateMessages({ messages: [{ id, content: { metadata: { [key]: true } } as never }] }),
  );
await Promise.all([
  each(10, async (key) => memory.updateThread({ id: "t", metadata: { [key]: true } })),
  each(10, async (key) => memory.updateResource({ resourceId: "u", metadata: { [key]: true } })),
  each(10, async (type) => threadState.setState({ threadId: "t", type, value: true })),
  each(10, async (stepId) =>
    workflows.updateWorkflowResults({
      workflowName: "w",
      runId: "r",
      stepId,
      result: { status: "success", output: 1, payload: {}, startedAt: 1, endedAt: 2 },
      requestContext: {},
    }),
  ),
  each(10, async () => cache.increment("count")),
  each(10, async (key) => cache.listPush("list", key)),
]);
process.stdin.destroy();

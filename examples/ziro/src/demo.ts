import { SqliteCheckpointer } from "@perdure/checkpoint-sqlite";
import { createTestInngest, type TestInngestOptions } from "@perdure/inngest-bridge/testing";
import { supportAgent } from "./agent.ts";
import { scriptedModel } from "./model.ts";

/** Ziro's two events, on an Inngest in this process; the second one comes twice, to a process that has not seen the first. The store is a file, `path`. Resolves with the number of requests. */
export async function demo(
  path: string,
  say: (line: string) => void,
  world: TestInngestOptions = {},
): Promise<number> {
  const server = createTestInngest({ retryDelay: () => 1000, ...world });
  const inngest = server.client({ id: "my-app", checkpointing: false });
  const paid = new Set<string>();
  const refund = async (order: string, key = ""): Promise<string> => {
    if (!paid.has(key)) say(`paid: order ${order}`);
    paid.add(key);
    return `Order ${order} is refunded.`;
  };
  const create = () => {
    const { runFn, resumeFn } = supportAgent(scriptedModel, { inngest, path, refund });
    return { client: inngest, functions: [runFn, resumeFn] };
  };
  await server.register({ instance: "first", create });
  await using checkpointer = new SqliteCheckpointer({ path });

  const asked = { threadId: "user:42", prompt: "Refund order #7" };
  await server.send({ name: "ziro/agent.run.requested", data: asked });
  await server.settle({ advance: true });
  const snapshot = (await checkpointer.get("user:42")) as {
    readonly pendingApprovals: readonly {
      readonly toolCallId: string;
      readonly toolName: string;
    }[];
  };
  for (const { toolCallId, toolName } of snapshot.pendingApprovals)
    say(`waits for a person: ${toolName} (${toolCallId})`);

  server.stop("first"); // a deploy: another process has the next request
  const decided = { threadId: "user:42", decisions: { tc_abc: { decision: "approve" } } };
  for (const id of ["click", "second click"]) {
    await server.send({ id, name: "ziro/agent.resume.requested", data: decided });
    await server.settle({ advance: true });
    const { functionId, output } = server.runs().at(-1) ?? {};
    const { status } = output as { readonly status: string };
    say(`${functionId}: ${status}`);
  }
  return server.requests.length;
}

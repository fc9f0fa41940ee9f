import { openStore } from "@perdure/checkpoint-core";
import {
  createTestInngest,
  type TestInngest,
  type TestInngestOptions,
} from "@perdure/inngest-bridge/testing";
import { desk } from "./agents.ts";
import { scriptedModel as model } from "./model.ts";

/** One wish for which three agents work, on an Inngest in this process whose clock we move. Resolves with the requests that it took. */
export async function demo(
  say: (line: string) => void,
  world: TestInngestOptions = {},
): Promise<TestInngest["requests"]> {
  const server = createTestInngest({ retryDelay: () => 1000, ...world });
  const store = await openStore("memory:", { now: server.now });
  const inngest = server.client({ id: "desk-app" });
  const refund = once((order) => say(`refunded: order ${order}`));
  const send = once((letter) => say(`sent: ${letter}`));
  const create = () => {
    const { support, functions } = desk({ inngest, store, model, refund, send });
    return { client: inngest, functions, support };
  };
  await server.register({ create });
  const { support } = create();

  const { runId } = await support.start({ threadId: "ann", prompt: "My order 7 is broken." });
  await server.advance("5m");
  for (const { id, tool, input } of await store.approvals.pending("ann")) {
    say(`a person is asked by the desk: ${tool} ${JSON.stringify(input)}`);
    await support.approve({ threadId: "ann", approvalId: id, by: "dana" });
  }
  await server.advance("5m");
  const { output } = await support.observe(runId);
  say(`the desk has answered: ${await output.text}`);
  await server.advance("1h");
  return server.requests;
}

/** A service that honours keys: it does a thing once, however often it is asked. */
function once(work: (what: string) => void): (what: string, key: string) => Promise<string> {
  const done = new Set<string>();
  return async (what, key) => {
    if (!done.has(key)) work(what);
    done.add(key);
    return "done";
  };
}

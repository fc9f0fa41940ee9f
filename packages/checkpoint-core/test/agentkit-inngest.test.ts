import { AgentResult, createAgent, createNetwork, createState } from "@inngest/agent-kit";
import { expect, test } from "vitest";
// A test instrument alone: nothing in this package's source knows the bridge.
import { createTestInngest, faultAt } from "../../inngest-bridge/src/testing/index.ts";
import { createStore, historyConfig, memoryBackend, type Store } from "../src/index.ts";
import { type StubModel, stubModel } from "./agentkit/model.ts";

interface Said {
  readonly by: string;
  readonly agentName?: string;
}

/** What AgentKit asks a step for. */
interface Inference {
  readonly model: { readonly url?: string };
  readonly body: unknown;
}

/** A function in which a network of two agents answers a message, twice on one thread. */
async function run(
  store: Store,
  { model }: StubModel,
  { fault, checkpointing }: { readonly fault?: number; readonly checkpointing: boolean },
): Promise<{ readonly requests: number; readonly output: unknown; readonly kept: number }> {
  const faults = fault === undefined ? undefined : faultAt(fault, "lose-response");
  const server = createTestInngest(faults ? { faults } : {});
  const inngest = server.client({ id: "app" });
  const writer = createAgent({ name: "writer", system: "You write.", model });
  const critic = createAgent({ name: "critic", system: "You judge.", model });
  const network = createNetwork({
    name: "desk",
    agents: [writer, critic],
    history: historyConfig(store, { AgentResult }),
    router: ({ callCount }) => [writer, critic][callCount],
  });
  const talk = inngest.createFunction(
    { id: "talk", triggers: [{ event: "app/asked" }], checkpointing },
    async ({ step }) => {
      // The in-process Inngest has no AI gateway: the request is a step like any other.
      const infer = (id: string, { model: { url }, body }: Inference): Promise<unknown> =>
        step.run(id, async () => {
          const answer = await fetch(url ?? "", { method: "POST", body: JSON.stringify(body) });
          return answer.json();
        });
      Object.assign(step.ai, { infer });
      const agents: string[] = [];
      for (const input of ["one", "two"]) {
        const state = createState({ input }, { threadId: "t" });
        const { state: after } = await network.run(input, { state });
        agents.push(...after.results.map(({ agentName }) => agentName));
        await step.run(`after ${input}`, () => input);
      }
      return agents;
    },
  );
  await server.register({ client: inngest, functions: [talk] });
  await server.send({ name: "app/asked", data: {} });
  await server.settle({ advance: true });
  const [first] = server.runs();
  const ours = (first?.steps ?? []).filter(({ name }) => name.startsWith("history:"));
  const kept = JSON.stringify(ours).length;
  return { requests: server.requests.length, output: first?.output, kept };
}

async function told({ history }: Store): Promise<string[]> {
  return (await history.read<Said>("t")).map(({ value }) => value.agentName ?? value.by);
}

test.each([false, true])(
  "inside Inngest nothing is doubled or lost, whichever answer of the function is: checkpointing %s",
  async (checkpointing) => {
    const big = "x".repeat(20_000);
    await using stub = await stubModel((lines) => (lines[0] === "system:You judge." ? "ok" : big));
    const whole = createStore({ backend: memoryBackend() });
    const { requests, output, kept } = await run(whole, stub, { checkpointing });
    const turn = ["user", "writer", "critic"];
    expect(await told(whole)).toEqual([...turn, ...turn]);
    // The second run reads the first, and not its own message.
    expect(output).toEqual(["writer", "critic", ...turn, "writer", "critic"]);
    // Our steps keep ids and places, no messages.
    expect(kept).toBeGreaterThan(100);
    expect(kept).toBeLessThan(6_000);
    expect(requests).toBeGreaterThan(checkpointing ? 0 : 20);
    for (let fault = 0; fault < requests; fault += checkpointing ? 1 : 2) {
      const store = createStore({ backend: memoryBackend() });
      const again = await run(store, stub, { fault, checkpointing });
      expect(await told(store), `request ${fault}`).toEqual([...turn, ...turn]);
      expect(again.output, `request ${fault}`).toEqual(output);
    }
  },
  60_000,
);

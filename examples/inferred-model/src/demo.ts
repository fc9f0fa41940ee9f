import { openStore } from "@perdure/checkpoint-core";
import { createTestInngest, type TestInngestOptions } from "@perdure/inngest-bridge/testing";
import { weatherAgent } from "./agent.ts";
import { scriptedProvider } from "./provider.ts";

/** One question, on an Inngest in this process that asks the provider itself. Resolves with the answer, how often the provider was asked, and the number of requests to the function. */
export async function demo(say: (line: string) => void, world: TestInngestOptions = {}) {
  let asked = 0;
  const server = createTestInngest({
    retryDelay: () => 1000,
    // Inngest's server, not the agent's process, sends these.
    async gateway(request) {
      asked += 1;
      say(`the server asks ${new URL(request.url).host}`);
      return scriptedProvider(request);
    },
    ...world,
  });
  await using store = await openStore("memory:", { now: server.now });
  const inngest = server.client({ id: "weather-app", checkpointing: false });
  const weather = weatherAgent({ inngest, store, apiKey: "key" });
  await server.register({ create: () => ({ client: inngest, functions: weather.functions }) });
  const { runId } = await weather.start({ threadId: "ann", prompt: "Do I need an umbrella?" });
  await server.settle({ advance: true });
  const steps = server.runs().flatMap((run) => run.steps.map(({ name }) => name));
  say(`steps: ${steps.join(" → ")}`);
  const outcome = (await weather.status({ runId }))?.run.outcome;
  if (outcome?.status !== "completed") throw new Error(`The run is ${outcome?.status}.`);
  const { response } = outcome.output as { readonly response: string };
  say(`ann: ← ${response}`);
  return { response, asked, requests: server.requests.length };
}

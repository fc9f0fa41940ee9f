import { openStore } from "@perdure/checkpoint-core";
import type { ModelFunction } from "@perdure/inngest-bridge";
import { createTestInngest, type TestInngestOptions } from "@perdure/inngest-bridge/testing";
import { researcher, type Surroundings } from "./agent.ts";
import { scriptedModel } from "./model.ts";

/** A web whose page on coffee cannot be had at first. */
function smallWeb(read: string[]): Surroundings["web"] {
  return {
    search: async (topic) => [`${topic}-1`, `${topic}-2`],
    async read(page) {
      read.push(page);
      if (page === "coffee" && read.filter((one) => one === page).length < 3)
        throw new Error("The page does not answer.");
      return `${page}.`;
    },
  };
}

/** One question, on an Inngest in this process. Resolves with how often the model was asked, which pages were asked for, the answer, and the number of requests. */
export async function demo(
  say: (line: string) => void,
  { web, ...world }: TestInngestOptions & Partial<Pick<Surroundings, "web">> = {},
) {
  const server = createTestInngest({ retryDelay: () => 1000, ...world });
  const store = await openStore("memory:", { now: server.now });
  const inngest = server.client({ id: "research-app" });
  const read: string[] = [];
  let asked = 0;
  const model: ModelFunction = async (request) => {
    asked += 1;
    return scriptedModel(request);
  };
  const create = () => {
    const made = researcher({ inngest, store, model, web: web ?? smallWeb(read) });
    return { client: inngest, ...made };
  };
  await server.register({ create });
  const { agent } = create();

  const { runId } = await agent.start({ threadId: "ann", prompt: "What do people drink?" });
  await server.advance("4m");
  const { output } = await agent.observe(runId);
  const answer = await output.text;
  say(answer);
  say(`the model was asked ${asked} times`);
  for (const page of new Set(read))
    say(`${page} was asked for ${read.filter((one) => one === page).length} times`);
  return { answer, asked, read: read.toSorted(), requests: server.requests.length };
}

import type { Store } from "@perdure/checkpoint-core";
import type { Inngest } from "inngest";
import {
  createAgentLoop,
  createInngestAgent,
  type InngestAgent,
  type InngestAgentOptions,
} from "../../src/index.ts";
import { isSpawned } from "./above.ts";
import { scriptedModel, type Surroundings, worldTools } from "./surroundings.ts";

/** The events of the agent whose runs calls start. */
const EVENTS = {
  runEvent: "world/runner.run.requested",
  resumeEvent: "world/runner.resume.requested",
} as const;

/** What goes on with a run, by the agent whose it is. */
export function resumeEventOf(runId: string): string {
  return isSpawned(runId) ? EVENTS.resumeEvent : "ziro/agent.resume.requested";
}

/** An agent with the same tools, whose runs calls start; each is asked with the id of the call. */
export function runnerOf(
  around: Surroundings,
  renamed: boolean,
  made: Partial<InngestAgentOptions> & { readonly inngest: Inngest.Any; readonly store: Store },
): InngestAgent {
  const agent = createAgentLoop({
    name: "runner",
    model: scriptedModel(around),
    tools: worldTools(around, renamed),
    resumeWhen: around.script.resumeWhen,
  });
  return createInngestAgent({ ...made, ...EVENTS, agent });
}

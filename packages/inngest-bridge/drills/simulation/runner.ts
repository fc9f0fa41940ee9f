import type { Store } from "@perdure/checkpoint-core";
import type { Inngest } from "inngest";
import {
  createAgentLoop,
  createInngestAgent,
  type InngestAgent,
  type InngestAgentOptions,
} from "../../src/index.ts";
import { clerkTool } from "./clerk.ts";
import { EVENTS } from "./doors.ts";
import { scriptedModel, type Surroundings, worldTools } from "./surroundings.ts";

/** Another agent with the same tools: calls start runs of it, each asked with the id of the call, and people do. */
export function runnerOf(
  around: Surroundings,
  renamed: boolean,
  made: Partial<InngestAgentOptions> & { readonly inngest: Inngest.Any; readonly store: Store },
): InngestAgent {
  const { below, resumeWhen } = around.script;
  const agent = createAgentLoop({
    name: "runner",
    model: scriptedModel(around),
    tools: {
      ...worldTools(around, renamed),
      ...(below ? { clerk: clerkTool(around, renamed) } : {}),
    },
    resumeWhen,
  });
  const { run: runEvent, resume: resumeEvent } = EVENTS.runner;
  return createInngestAgent({ ...made, runEvent, resumeEvent, agent });
}

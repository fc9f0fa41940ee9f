import { type KitSteps, nameOf, stepsAt } from "./steps.ts";
import { askTurn } from "./model.ts";
import type { KitRun } from "./run.ts";

/** AgentKit's own steps make ids: these are made of the run, so that they are the same in every pass and execution. */
const NETWORK_ID = "generate-network-id";
const AGENT_IDS = "generate-agent-ids-";

/** The steps that AgentKit finds in a run. */
export function bodySteps(run: KitRun): KitSteps {
  const { runId } = run.context;
  const own = (): KitSteps =>
    stepsAt(run, { prefix: "own/", key: runId, turn: Math.max(1, run.turn) });
  return {
    ...own(),
    async run(id, work, ...given) {
      const name = nameOf(id);
      if (name === NETWORK_ID) return runId;
      if (!name.startsWith(AGENT_IDS)) return own().run(id, work, ...given);
      const nth = Number(name.slice(AGENT_IDS.length)) + 1;
      return { agentRunId: `${runId}/agent/${nth}`, agentMessageId: `${runId}/${nth}` };
    },
    ai: {
      async infer(id, question) {
        const { turning, network } = run;
        run.turning = undefined;
        // An agent that nobody has shown to the run, in a router or a hook.
        if (!turning || !network) return own().ai.infer(id, question);
        return askTurn(run, turning, network, question);
      },
      wrap: async (id, work, ...given) => own().run(id, work, ...given),
    },
  };
}

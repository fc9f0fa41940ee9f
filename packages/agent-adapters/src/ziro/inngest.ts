import { checkGiven } from "@perdure/checkpoint-core";
import {
  type AsStepResult,
  createInngestAgent as create,
  type InngestAgent,
  type InngestAgentOptions,
  type LoopStep,
  type ResumeAsStepOptions,
  resumeAsStep as resumeStep,
  type RunAsStepOptions,
  runAsStep as runStep,
} from "@perdure/inngest-bridge";
import type { DurableAgent } from "@perdure/inngest-bridge/agent";
import { ziroAgent } from "./agent.ts";
import type { ZiroAgent, ZiroAgentOptions } from "./contract.ts";
import type { ZiroOutput } from "./settle.ts";

/** What a Ziro agent does not tell of itself. */
type Given = Omit<ZiroAgentOptions, "store">;

/** What `@ziro-agent/inngest` takes, what a Ziro agent does not tell of itself, and everything that the bridge's own takes. */
export interface ZiroInngestAgentOptions extends Omit<InngestAgentOptions, "agent">, Given {
  readonly agent: ZiroAgent | DurableAgent;
  /** Ziro's name for `id`. */
  readonly functionId?: string;
}

/** `createInngestAgent` for a Ziro agent as it is: `{ inngest, agent }`, the store where its checkpointer is none of ours, and the agents that it hands over to as `handoffs`. */
export function createInngestAgent(given: ZiroInngestAgentOptions): InngestAgent {
  checkGiven("createInngestAgent", given, { agent: "object" });
  const { agent, model, prepareStep, handoffs, price, functionId, ...options } = given;
  return create({
    ...(functionId === undefined ? {} : { id: functionId }),
    ...options,
    agent: durable(agent, { model, prepareStep, handoffs, price }),
  });
}

/** `runAsStep` for a Ziro agent as it is. */
export async function runAsStep(
  step: LoopStep,
  agent: ZiroAgent | DurableAgent,
  given: RunAsStepOptions & Given,
): Promise<AsStepResult<ZiroOutput>> {
  checkGiven("runAsStep", { step, agent }, { step: "object", agent: "object" });
  checkGiven("runAsStep", given);
  const { model, prepareStep, handoffs, price, ...options } = given;
  const made = durable(agent, { model, prepareStep, handoffs, price });
  return (await runStep(step, made, options)) as AsStepResult<ZiroOutput>;
}

/** `resumeAsStep` likewise. */
export async function resumeAsStep(
  step: LoopStep,
  agent: ZiroAgent | DurableAgent,
  threadId: string,
  given: ResumeAsStepOptions & Given,
): Promise<AsStepResult<ZiroOutput>> {
  checkGiven("resumeAsStep", { step, agent }, { step: "object", agent: "object" });
  checkGiven("resumeAsStep", given);
  const { model, prepareStep, handoffs, price, ...options } = given;
  const made = durable(agent, { model, prepareStep, handoffs, price });
  return (await resumeStep(step, made, threadId, options)) as AsStepResult<ZiroOutput>;
}

type Defined = { readonly [K in keyof Given]: Given[K] | undefined };

function durable(agent: ZiroAgent | DurableAgent, given: Defined): DurableAgent {
  if (!isZiro(agent)) return agent;
  const told = Object.entries(given).filter(([, value]) => value !== undefined);
  return ziroAgent(agent, Object.fromEntries(told));
}

function isZiro(agent: ZiroAgent | DurableAgent): agent is ZiroAgent {
  return "resumeFromCheckpoint" in agent;
}

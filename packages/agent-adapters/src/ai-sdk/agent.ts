import type { InputCheck } from "@perdure/checkpoint-core";
import {
  type AgentOutcome,
  budgetsProblemOf,
  type DurableAgent,
} from "@perdure/inngest-bridge/agent";
import {
  asSchema,
  type OutputInterface,
  type PrepareStepFunction,
  type Tool,
  ToolLoopAgent,
  type ToolLoopAgentSettings,
  type ToolSet,
} from "ai";
import { type AskingCall, type Position, readPosition } from "../run/position.ts";
import { withinBudgets } from "../run/usedUp.ts";
import { AI_SDK, countedIn } from "./answer.ts";
import { approvalInRun } from "./approval.ts";
import { conversation } from "./conversation.ts";
import { modelInRun } from "./model.ts";
import { repairInRun } from "./repair.ts";
import { AiRun } from "./run.ts";
import { limitIn } from "./limit.ts";
import { type AiSdkAgentSettings, type AiSdkRunSettings, checkSettings } from "./settings.ts";
import { complete } from "./settle.ts";
import { clientTools, toolsInRun } from "./tools.ts";

type Settings = ToolLoopAgentSettings<never, ToolSet, Record<string, unknown>, OutputInterface>;

/**
 * An agent of the AI SDK as a `DurableAgent`: the settings of its `ToolLoopAgent`, and a name. Its own loop goes through the run; each model call and each tool call is a
 * step, stored once, and a call that needs approval suspends the run.
 *
 * Settings that are missing, or that a run could not keep, are refused (`INVALID_ARGUMENT`).
 */
export function aiSdkAgent<Tools extends ToolSet = ToolSet, Output extends OutputInterface = never>(
  settings: AiSdkAgentSettings<Tools, Output>,
): DurableAgent {
  checkSettings(settings);
  const { name, streaming = true, historyLimit, price, resumeWhen = "all", ...given } = settings;
  const own = given as unknown as Settings;
  const agent: AiAgent = { name, streaming, historyLimit, price, resumeWhen, own };
  const tools: ToolSet = own.tools ?? {};
  const counting = { name, price, read: countedIn };
  const hasTool = (tool: string): boolean => Object.hasOwn(tools, tool);
  const position = (state: unknown): Position =>
    readPosition({ of: AI_SDK, agent: name, hasTool }, state);
  return {
    name,
    toolNames: Object.keys(tools),
    check(state) {
      position(state);
    },
    checkInput: async (tool, input) => checkInput(tools, tool, input),
    checkBudgets: (budgets) => budgetsProblemOf({ name, price }, budgets),
    run: async (_input, context) =>
      proceed(agent, new AiRun(context, streaming, undefined, counting)),
    resume: async (state, decisions, context) => {
      const going = { position: position(state), decisions };
      return proceed(agent, new AiRun(context, streaming, going, counting));
    },
  };
}

/** The settings, told apart. */
interface AiAgent extends Required<Pick<AiSdkRunSettings, "name" | "streaming" | "resumeWhen">> {
  readonly historyLimit: number | undefined;
  readonly price: AiSdkRunSettings["price"] | undefined;
  readonly own: Settings;
}

/** The SDK's own loop, from the run's first turn on: what is stored of it is not done again. */
async function proceed(agent: AiAgent, run: AiRun): Promise<AgentOutcome> {
  return withinBudgets(run, agent.name, async () => pass(agent, run));
}

async function pass(agent: AiAgent, run: AiRun): Promise<AgentOutcome> {
  const { own, historyLimit } = agent;
  const tools: ToolSet = { ...own.tools, ...clientTools(run) };
  run.elsewhere = tools;
  const messages = await conversation(run, tools, historyLimit);
  const loop = new ToolLoopAgent({ ...own, ...inRun(run, own, tools) } as never);
  let result: Result;
  try {
    result = await loop.generate({ messages });
  } catch (error) {
    run.ledger.check();
    throw error;
  }
  // A tool's step may have ended the pass, and the loop have gone on as if it were the tool's failure.
  run.ledger.check();
  return run.waiting.length > 0 ? suspension(agent, run) : complete(agent, run, result);
}

type Result = Awaited<ReturnType<ToolLoopAgent["generate"]>>;

/** The settings as one run has them. */
function inRun(run: AiRun, own: Settings, tools: ToolSet): Partial<Settings> {
  const { instructions, modelSettings, toolChoice, toolCallConcurrency, ...asked } =
    run.context.options;
  const active = asked.tools && [...asked.tools, ...Object.keys(asked.clientTools ?? {})];
  return {
    ...modelSettings,
    model: modelInRun(run, own.model),
    tools: toolsInRun(run, tools),
    toolApproval: approvalInRun(run, own.toolApproval),
    maxRetries: 0,
    ...(own.prepareStep ? { prepareStep: prepareInRun(run, own.prepareStep) } : {}),
    ...repairInRun(run, own),
    ...(instructions === undefined ? {} : { instructions }),
    ...(toolChoice === undefined ? {} : { toolChoice }),
    ...(active === undefined ? {} : { activeTools: active }),
    ...limitIn(asked, own.stopWhen),
    ...(toolCallConcurrency === undefined ? {} : { toolCallConcurrency }),
  };
}

type Prepare = PrepareStepFunction<ToolSet, Record<string, unknown>>;

/** A model that a step is given is the run's, too. */
function prepareInRun(run: AiRun, prepare: Prepare): Prepare {
  return async (step) => {
    const prepared = await prepare(step);
    if (!prepared?.model) return prepared;
    return { ...prepared, model: modelInRun(run, prepared.model) };
  };
}

function suspension(
  { name, resumeWhen }: AiAgent,
  { waiting, turn, context }: AiRun,
): AgentOutcome {
  const { clientTools: added = {} } = context.options;
  const asking = waiting.map(({ callId: id, tool }): AskingCall => {
    const call = { id, name: tool };
    return Object.hasOwn(added, tool) ? { ...call, added: true } : call;
  });
  const state: Position = { version: 1, of: AI_SDK, agent: name, turn, asking };
  return { status: "suspended", state, turn, approvals: [...waiting], resumeWhen };
}

/** Whether a tool takes an input that a person put in place of the model's. */
async function checkInput(tools: ToolSet, name: string, input: unknown): Promise<InputCheck> {
  const tool = Object.hasOwn(tools, name) ? (tools[name] as Tool) : undefined;
  if (!tool) return { ok: false, problem: `there is no tool "${name}"` };
  const checked = await asSchema(tool.inputSchema).validate?.(input);
  if (!checked || checked.success) return { ok: true, input: checked?.value ?? input };
  return { ok: false, problem: checked.error.message };
}

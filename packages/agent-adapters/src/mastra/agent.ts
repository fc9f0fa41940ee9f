import { type InputCheck, StorageError } from "@perdure/checkpoint-core";
import {
  type AgentOutcome,
  budgetsProblemOf,
  type DurableAgent,
  refuseReplaced,
} from "@perdure/inngest-bridge/agent";
import { countedIn } from "../ai-sdk/answer.ts";
import { type Position, readPosition } from "../run/position.ts";
import { refusing } from "../run/refused.ts";
import { withinBudgets } from "../run/usedUp.ts";
import type { MastraAgent } from "./contract.ts";
import { conversation } from "./conversation.ts";
import { type CallOptions, optionsInRun, requestContextOf } from "./options.ts";
import { MastraRun } from "./run.ts";
import { checkGenerateOptions, checkOptions, type MastraAgentOptions } from "./settings.ts";
import { complete, type LoopResult } from "./settle.ts";

/** Whose checkpoints they are. */
const MASTRA = "mastra";
/** Characters of a tool's name, as Mastra has it. */
const MAX_NAME = 63;

/**
 * An agent of Mastra, as it is, as a `DurableAgent`. Its own loop goes through the run; each model call and each tool call is a step, stored once, and a call that needs approval, or a tool that
 * suspends, suspends the run.
 *
 * Options that there are not, or that a run could not keep, are refused (`INVALID_ARGUMENT`); so is a memory of the agent's own, unless `memory: false` leaves it out.
 */
export function mastraAgent(agent: MastraAgent, options: MastraAgentOptions = {}): DurableAgent {
  checkOptions(options);
  checkAgent(agent, options);
  const { name = agent.id, streaming = true, price } = options;
  const own: Own = { agent, name, options };
  const counting = { name, price, read: countedIn };
  const position = async (state: unknown): Promise<Position> => {
    const tools = await toolsOf(own);
    const hasTool = (tool: string): boolean => tools.has(tool) || /^(?:agent|workflow)-/.test(tool);
    return readPosition({ of: MASTRA, agent: name, hasTool }, state);
  };
  return {
    name,
    needsMessage: true,
    async check(state) {
      await position(state);
    },
    checkInput: async (tool, input) => checkInput(own, tool, input),
    checkBudgets: (budgets) => budgetsProblemOf({ name, price }, budgets),
    run: async (_input, context) =>
      proceed(own, new MastraRun(context, streaming, undefined, counting)),
    async resume(state, decisions, context) {
      const going = { position: await position(state), decisions };
      return proceed(own, new MastraRun(context, streaming, going, counting));
    },
  };
}

/** An agent with what its runs need beside it. */
interface Own {
  readonly agent: MastraAgent;
  readonly name: string;
  readonly options: MastraAgentOptions;
}

/** Mastra's own loop, from the run's first turn on: what is stored of it is not done again. */
async function proceed(own: Own, run: MastraRun): Promise<AgentOutcome> {
  return withinBudgets(run, own.name, async () => pass(own, run));
}

async function pass(own: Own, run: MastraRun): Promise<AgentOutcome> {
  const { agent, name, options } = own;
  const requestContext = requestContextOf(run.context.requestContext);
  const messages = await conversation(run, options.historyLimit);
  const given = await optionsOf(own, run, requestContext);
  let result: LoopResult;
  try {
    const called = optionsInRun(run, given, requestContext);
    result = (await agent.generate(messages as never, called as never)) as LoopResult;
  } catch (error) {
    run.ledger.check();
    throw error;
  }
  // A tool's step may have ended the pass, and the loop have gone on as if it were the tool's failure.
  run.ledger.check();
  if (run.waiting.length > 0) return suspension(own, run);
  return complete({ name, price: options.price }, run, result);
}

/** The agent's defaults, and what its runs are called with beside them. What cannot go together is refused in a step, so that the run is recorded as failed. */
async function optionsOf(
  own: Own,
  run: MastraRun,
  requestContext: ReturnType<typeof requestContextOf>,
): Promise<CallOptions> {
  const { agent, name, options } = own;
  const defaults = await agent.getDefaultOptions({ requestContext });
  await refusing(run.ledger, async () => {
    checkGenerateOptions("The defaultOptions of an agent in a run", defaults);
    const { clientTools } = run.context.options;
    if (clientTools) refuseReplaced(name, [...(await toolsOf(own)).keys()], { clientTools });
  });
  return { ...defaults, ...options.options } as CallOptions;
}

function suspension({ name, options }: Own, { waiting, asked, turn }: MastraRun): AgentOutcome {
  const { resumeWhen = "all" } = options;
  const state: Position = { version: 1, of: MASTRA, agent: name, turn, asking: [...asked] };
  return { status: "suspended", state, turn, approvals: [...waiting], resumeWhen };
}

/** Whether a tool takes an input that a person put in place of the model's. What a tool has asked itself is answered in its own words, which it reads itself. */
async function checkInput(own: Own, name: string, input: unknown): Promise<InputCheck> {
  const tool = (await toolsOf(own)).get(name) as { readonly inputSchema?: unknown } | undefined;
  const schema = tool?.inputSchema as { readonly "~standard"?: StandardSchema } | undefined;
  const checked = await schema?.["~standard"]?.validate(input);
  if (!checked?.issues) return { ok: true, input };
  return { ok: false, problem: checked.issues.map(({ message }) => message).join("; ") };
}

interface StandardSchema {
  validate(value: unknown): Checked | Promise<Checked>;
}

interface Checked {
  readonly issues?: readonly { readonly message: string }[];
}

/** The agent's tools, and those that its runs get beside them, by the names that the model knows them by. */
async function toolsOf({ agent, options }: Own): Promise<ReadonlyMap<string, unknown>> {
  const own: unknown = await agent.listTools();
  const { toolsets = {} } = options.options ?? {};
  const all = [own ?? {}, ...Object.values(toolsets)].flatMap((tools) => Object.entries(tools));
  return new Map(all.map(([name, tool]) => [toldName(name), tool]));
}

/** Mastra tells models no name that a provider would refuse: this is what it makes of one (`formatTools` of its `Agent`). */
function toldName(name: string): string {
  const plain = name.replaceAll(/[^\w-]/g, "_");
  return (/^[a-z_]/i.test(plain) ? plain : `_${plain}`).slice(0, MAX_NAME);
}

function checkAgent(agent: MastraAgent, { memory }: MastraAgentOptions): void {
  if (typeof agent?.generate !== "function" || typeof agent.getDefaultOptions !== "function")
    throw invalid("mastraAgent needs an Agent of @mastra/core.");
  if (agent.hasOwnMemory() && memory !== false)
    throw invalid(
      `The agent "${agent.id}" has a memory of its own (\`memory\`), and a run's conversation is its thread's: \`memory: false\` leaves it out.`,
    );
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}

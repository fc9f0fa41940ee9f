import type { ToolCall } from "@perdure/checkpoint-core";
import { describe } from "../steps/failure.ts";
import type { AgentTool } from "./contract.ts";
import { checkInput } from "./schema.ts";

/** Which calls of an answer a person must agree to. */
export interface Judged {
  /** Their ids. */
  readonly asks: readonly string[];
  /** Why nobody but a person can say, by call id: what judges it threw, or said neither yes nor no. */
  readonly unjudged: Readonly<Record<string, string>>;
}

/** How much of the reason goes through the model's step. */
const MAX_REASON_UNITS = 300;

/**
 * Which calls a person must agree to. The answer that brought them is paid for and must be kept, so nothing is thrown: a call that cannot be judged is one that a person must agree to. One that cannot
 * run anyway is not asked about.
 */
export async function judged(
  tools: Readonly<Record<string, AgentTool>>,
  calls: readonly ToolCall[],
): Promise<Judged> {
  const asks: string[] = [];
  const unjudged: [string, string][] = [];
  const verdicts = await Promise.all(
    calls.map(async (call) => [call.id, await verdictOn(tools, call)] as const),
  );
  for (const [id, verdict] of verdicts) {
    if (verdict !== false) asks.push(id);
    if (typeof verdict === "string") unjudged.push([id, verdict.slice(0, MAX_REASON_UNITS)]);
  }
  return { asks, unjudged: Object.fromEntries(unjudged) };
}

/** Whether a person must agree; a text says why nobody else can tell. */
async function verdictOn(
  tools: Readonly<Record<string, AgentTool>>,
  { name, input }: ToolCall,
): Promise<boolean | string> {
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (!tool?.requiresApproval) return false;
  try {
    const checked = await checkInput(tool.parameters, input);
    return checked.ok ? await saidOf(tool.requiresApproval, checked.input) : false;
  } catch (error) {
    const thrown = describe(error);
    return `requiresApproval: ${thrown.name}: ${thrown.message}`;
  }
}

async function saidOf(
  judge: NonNullable<AgentTool["requiresApproval"]>,
  input: unknown,
): Promise<boolean | string> {
  if (typeof judge === "boolean") return judge;
  const said: unknown = await judge(input as never);
  if (typeof said === "boolean") return said;
  const what = said === null ? "null" : typeof said;
  return `requiresApproval: it gave ${what}, which is neither true nor false`;
}

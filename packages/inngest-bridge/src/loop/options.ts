import { StorageError } from "@perdure/checkpoint-core";
import { wellFormed } from "../steps/text.ts";
import type { AgentLoopOptions, AgentTool } from "./contract.ts";
import { meant } from "../meant.ts";
import { isTtl } from "../upkeep/ttl.ts";
import type { Loop } from "./made.ts";

/** Model calls in a run when nothing else is said. */
const MAX_ITERATIONS = 25;

/** The options of a loop, with nothing left open. Refuses what is missing, of another type, or unknown: a misspelt option would be ignored in silence. */
export function loopOf(options: AgentLoopOptions): Loop {
  checkKnown(options);
  const { name, model, tools = {}, maxIterations = MAX_ITERATIONS, historyLimit } = options;
  checkName(name);
  checkModel(name, model);
  checkCount("maxIterations", maxIterations);
  if (historyLimit !== undefined) checkCount("historyLimit", historyLimit);
  checkChoices(options);
  checkCalls(options);
  checkCompaction(options.compaction);
  if (!isRecord(tools) || Array.isArray(tools))
    throw invalid("tools must be an object by name: { refund: defineTool({ … }) }.");
  for (const [tool, made] of Object.entries(tools)) checkTool(tool, made);
  return { ...options, tools, maxIterations, resumeWhen: options.resumeWhen ?? "all" };
}

const OPTIONS: ReadonlySet<string> = new Set<keyof AgentLoopOptions>([
  "name",
  "model",
  "tools",
  "systemPrompt",
  "maxIterations",
  "historyLimit",
  "price",
  "compaction",
  "onReply",
  "store",
  "singleton",
  "resumeWhen",
]);

function checkKnown(options: unknown): void {
  if (!isRecord(options)) throw invalid("createAgentLoop needs options.");
  const unknown = Object.keys(options).find((key) => !OPTIONS.has(key));
  if (unknown !== undefined)
    throw invalid(`createAgentLoop has no option "${unknown}"${meant(MEANT_OPTION, unknown)}.`);
}

/** What other libraries call an option. */
const MEANT_OPTION: Readonly<Record<string, string>> = {
  system: "it is called systemPrompt",
  instructions: "it is called systemPrompt",
  prompt: "it is called systemPrompt",
  maxSteps: "it is called maxIterations",
  maxTurns: "it is called maxIterations",
  inngest: "it goes into createInngestAgent",
};

/** A name goes into ids that cross to the server: half a surrogate pair would arrive as another one. */
function checkName(name: unknown): void {
  if (typeof name !== "string" || name === "") throw invalid("An agent needs a name.");
  if (name !== wellFormed(name)) throw invalid("An agent's name must be a well-formed string.");
}

/** A function, or one that Inngest's server asks. */
function checkModel(agent: string, model: unknown): void {
  const { inference, read, ask } = isRecord(model) ? model : {};
  const isOffloaded = [inference, read, ask].every((part) => typeof part === "function");
  if (typeof model !== "function" && !isOffloaded)
    throw invalid(
      `The agent "${agent}" needs a model function: openAIModel({ model, apiKey }), or one of yours.`,
    );
}

function checkCount(what: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || Number(value) < 1)
    throw invalid(`${what} must be a whole number of at least 1.`);
}

function checkChoices({ systemPrompt, resumeWhen, price }: AgentLoopOptions): void {
  if (price !== undefined && typeof price !== "function")
    throw invalid("price must be a function.");
  if (!["undefined", "string", "function"].includes(typeof systemPrompt))
    throw invalid("systemPrompt must be a string or a function.");
  if (!["all", "any", undefined].includes(resumeWhen))
    throw invalid('resumeWhen is "all" or "any".');
}

function checkCalls({ onReply, store, singleton }: AgentLoopOptions): void {
  if (onReply !== undefined && typeof onReply !== "function")
    throw invalid("onReply must be a function.");
  if (store !== undefined && !isRecord(store)) throw invalid("store must be a store.");
  if (!["skip", "cancel", undefined].includes(singleton))
    throw invalid('singleton is "skip" or "cancel".');
}

function checkCompaction(compaction: unknown): void {
  if (compaction === undefined) return;
  const { above, keep, summarize, ...more } = isRecord(compaction) ? compaction : {};
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) throw invalid(`compaction has no option "${unknown}".`);
  checkCount("compaction.above", above);
  checkCount("compaction.keep", keep);
  if (Number(keep) > Number(above)) throw invalid("compaction.keep is more than compaction.above.");
  if (typeof summarize !== "function") throw invalid("compaction.summarize must be a function.");
}

const TOOL_FIELDS: ReadonlySet<string> = new Set<keyof AgentTool>([
  "description",
  "parameters",
  "execute",
  "durable",
  "effect",
  "approvalTtlMs",
  "requiresApproval",
]);

/** What other frameworks, or a slip, call a tool's fields. */
const MEANT: Readonly<Record<string, string>> = {
  needsApproval: "it is called requiresApproval",
  requireApproval: "it is called requiresApproval",
  approvalTtl: "it is called approvalTtlMs",
  effects: "it is called effect",
  inputSchema: "it is called parameters",
  schema: "it is called parameters",
  handler: "it is called execute",
  name: "the tool is named by its key in `tools`",
};

function checkTool(name: string, tool: unknown): void {
  const made = isRecord(tool) ? tool : {};
  checkFields(name, made);
  const { description, execute, parameters, requiresApproval } = made;
  const lacking = [
    ...(typeof description === "string" ? [] : ["a description"]),
    ...(isRecord(parameters) ? [] : ["parameters (a Standard Schema, or a JSON Schema)"]),
    ...(typeof execute === "function" ? [] : ["a function execute"]),
  ];
  if (lacking.length > 0) throw invalid(`The tool "${name}" needs ${lacking.join(" and ")}.`);
  checkSteps(name, made);
  if (made["approvalTtlMs"] !== undefined && !isTtl(made["approvalTtlMs"]))
    throw invalid(`approvalTtlMs of the tool "${name}" must be a whole number of at least 1.`);
  if (!["undefined", "boolean", "function"].includes(typeof requiresApproval))
    throw invalid(`requiresApproval of the tool "${name}" must be a boolean or a function.`);
}

function checkFields(name: string, tool: object): void {
  const unknown = Object.keys(tool).find((field) => !TOOL_FIELDS.has(field));
  if (unknown === undefined) return;
  throw invalid(`The tool "${name}" has no option "${unknown}"${meant(MEANT, unknown)}.`);
}

function checkSteps(name: string, { durable, effect }: Readonly<Record<string, unknown>>): void {
  if (durable !== undefined && durable !== "self")
    throw invalid(`durable of the tool "${name}" can only be "self".`);
  if (effect !== undefined && effect !== "once")
    throw invalid(`effect of the tool "${name}" can only be "once".`);
  if (effect !== undefined && durable !== undefined)
    throw invalid(`The tool "${name}" makes its own steps: only one that is a step has an effect.`);
}

/** Schemas of some libraries are functions. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (typeof value === "object" || typeof value === "function") && value !== null;
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}

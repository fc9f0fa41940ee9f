import { checkGiven, StorageError } from "@perdure/checkpoint-core";
import { meant } from "../meant.ts";
import { storeFor } from "../ownStore.ts";
import { wellFormed } from "../steps/text.ts";
import { CALLBACKS } from "../streams/callbacks.ts";
import { isTtl } from "../upkeep/ttl.ts";
import { checkUpkeep } from "../upkeep/options.ts";
import type { InngestAgentOptions } from "./contract.ts";
import type { ReplacedFunction } from "./replacing.ts";
import { checkTriggers } from "./triggers.ts";
import { checkWaitInRun } from "./waitInRun.ts";

const OPTIONS: ReadonlySet<string> = new Set<keyof InngestAgentOptions>([
  "inngest",
  "agent",
  "store",
  "id",
  "name",
  "replaces",
  "functionOptions",
  "runEvent",
  "resumeEvent",
  "scope",
  "authorize",
  "trustEvents",
  "whenBusy",
  "silenceMs",
  "maxTakeovers",
  "continueAt",
  "waitInRun",
  "publishers",
  "approvalTtlMs",
  "upkeep",
  "triggers",
  "input",
  "requestContext",
  "showInputs",
  ...CALLBACKS,
]);

const ofFunctions = "it goes into `functionOptions`";
const ofLoop = "it goes into createAgentLoop";

/** Where an option belongs that is looked for here. */
const MEANT: Readonly<Record<string, string>> = {
  retries: ofFunctions,
  concurrency: ofFunctions,
  throttle: ofFunctions,
  priority: ofFunctions,
  model: ofLoop,
  tools: ofLoop,
  systemPrompt: ofLoop,
  maxIterations: ofLoop,
  client: "it is called inngest",
  checkpointer: "it is called store",
};

/** Refuses what is missing or of another type, and an option that we don't know: a misspelt one would be ignored in silence. */
export function checkOptions(options: InngestAgentOptions): void {
  checkKnown(options);
  checkGiven("createInngestAgent", options, { inngest: "object", agent: "object" });
  const { agent, store, functionOptions = {} } = options;
  checkAgent(agent);
  storeFor("createInngestAgent", agent, store);
  for (const what of ["id", "name", "runEvent", "resumeEvent"] as const)
    if (options[what] !== undefined) checkName(what, options[what]);
  checkFunctionId(options.id ?? agent.name);
  if (options.replaces !== undefined) checkReplaced(options.replaces);
  if (options.resumeEvent !== undefined) checkResumeEvent(options.resumeEvent);
  checkFunctionOptions(functionOptions);
  checkPublishers(options.publishers);
  checkTriggers(options);
  checkPermission(options);
  checkWaiting(options);
  checkWaitInRun(options.waitInRun);
  checkBoolean("showInputs", options.showInputs);
  checkUpkeep(options.upkeep);
}

function checkKnown(options: unknown): void {
  if (typeof options !== "object" || options === null)
    refuse("createInngestAgent needs { inngest, agent, store }.");
  const unknown = Object.keys(options).find((key) => !OPTIONS.has(key));
  if (unknown !== undefined)
    refuse(`createInngestAgent has no option "${unknown}"${meant(MEANT, unknown)}.`);
}

/** A name that is stored with each run and compared with: half a surrogate pair would come back as another one. */
function checkAgent(agent: InngestAgentOptions["agent"]): void {
  for (const what of ["run", "resume"] as const)
    if (typeof agent[what] !== "function")
      refuse(
        `The agent has no ${what}: createInngestAgent takes what createAgentLoop gives, or an agent of a framework through its adapter of @perdure/agent-adapters (mastraAgent, openAIAgent, …).`,
      );
  checkName("The agent's name", agent.name);
}

function checkReplaced(replaces: unknown): void {
  checkGiven("createInngestAgent", { replaces }, { replaces: "object" });
  checkGiven("replaces", replaces, { id: "text", handler: "function" });
  checkFunctionId((replaces as ReplacedFunction).id);
}

/** The SDK puts it between single quotes, as it is, where its failure functions are triggered. */
function checkFunctionId(id: string): void {
  if (id.includes("'") || !standsInCondition(id))
    refuse(
      `An id of functions holds no quotation mark, no backslash and no control character, or Inngest refuses the app: give the agent ${JSON.stringify(id)} another \`id\`.`,
    );
}

/** What is due finds its agent by this name. */
function checkResumeEvent(name: string): void {
  if (!standsInCondition(name))
    refuse(
      `resumeEvent holds no quotation mark, no backslash and no control character: Inngest finds no ${JSON.stringify(name)} by a condition.`,
    );
}

/** Whether it is the same text between the quotes of a condition: the server reads no escapes there. */
function standsInCondition(text: string): boolean {
  return JSON.stringify(text) === `"${text}"`;
}

function checkPublishers(publishers: unknown = []): void {
  if (!Array.isArray(publishers) || !publishers.every(isPublisher))
    refuse("publishers must be a list of publishers.");
}

function checkFunctionOptions(functionOptions: unknown): void {
  if (typeof functionOptions !== "object" || functionOptions === null)
    refuse("functionOptions must be an object.");
  if ("batchEvents" in functionOptions)
    refuse("functionOptions.batchEvents makes one execution of several events, and each is a run.");
}

function isPublisher(one: unknown): boolean {
  return (
    typeof one === "object" && one !== null && "publish" in one && typeof one.publish === "function"
  );
}

/** What says who may do what is never read as true or false by chance. */
function checkPermission({ scope, authorize, trustEvents }: InngestAgentOptions): void {
  for (const [what, value] of Object.entries({ scope, authorize }) as [string, unknown][])
    if (value !== undefined && typeof value !== "function") refuse(`${what} must be a function.`);
  checkBoolean("trustEvents", trustEvents);
}

function checkBoolean(what: string, value: unknown): void {
  if (value !== undefined && typeof value !== "boolean") refuse(`${what} must be true or false.`);
}

function checkWaiting({
  whenBusy,
  silenceMs,
  maxTakeovers,
  approvalTtlMs,
}: InngestAgentOptions): void {
  if (maxTakeovers !== undefined && (!Number.isSafeInteger(maxTakeovers) || maxTakeovers < 1))
    refuse("maxTakeovers must be a whole number of at least 1.");
  if (approvalTtlMs !== undefined && !isTtl(approvalTtlMs))
    refuse("approvalTtlMs must be a whole number of at least 1, and at most a hundred years.");
  if (!["queue", "reject", "cancel", undefined].includes(whenBusy))
    refuse('whenBusy is "queue", "reject" or "cancel".');
  if (silenceMs !== undefined && (!Number.isSafeInteger(silenceMs) || silenceMs < 1000))
    refuse("silenceMs must be a whole number of at least 1,000.");
}

function checkName(what: string, value: unknown): void {
  if (typeof value !== "string" || value === "" || value !== wellFormed(value))
    refuse(`${what} must be a well-formed string that is not empty.`);
}

function refuse(message: string): never {
  throw new StorageError("INVALID_ARGUMENT", message);
}

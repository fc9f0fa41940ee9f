import { checkGiven, StorageError } from "@perdure/checkpoint-core";
import type { InngestFunction } from "inngest";
import type { IncomingEvent } from "../inngest/contract.ts";
import { storeOf } from "../inngest/scope.ts";
import { crossing } from "../steps/failure.ts";
import { type Applied, applyCreate, applyDelete, type Applying, applyUpdate } from "./apply.ts";
import type { MemoryTools, MemoryToolsOptions, RememberedBy } from "./contract.ts";
import { memoriesCreate, memoriesDelete, memoriesUpdate } from "./events.ts";
import { toolsOf } from "./tools.ts";

const RETRIES = 3;
const RECALL_LIMIT = 5;

/**
 * Tools by which a model remembers and recalls, and the functions that apply what it wants remembered. A write goes out as an event with an id made from the call, so that it is
 * sent once whatever is tried again; the function that applies it names its writes by the event, so that it counts once however often and late it comes.
 *
 * Throws `INVALID_ARGUMENT` for options that are missing, of another type, or unknown.
 */
export function memoryTools(options: MemoryToolsOptions): MemoryTools {
  check(options);
  const { within = { kind: "user" }, memory = (store) => store.memory, scope } = options;
  const { recallLimit = RECALL_LIMIT } = options;
  const applied = (
    part: string,
    trigger: object,
    apply: (applying: Applying) => Promise<Applied>,
  ): InngestFunction.Any => memoryFunction(options, { part, trigger, within, apply });
  return {
    tools: toolsOf({ within, memory, isScoped: scope !== undefined, recallLimit }),
    functions: [
      applied("create", memoriesCreate, applyCreate),
      applied("update", memoriesUpdate, applyUpdate),
      applied("delete", memoriesDelete, applyDelete),
    ],
  };
}

interface FunctionContext {
  readonly event: IncomingEvent;
  readonly runId: string;
  readonly step: Applying["step"];
}

function memoryFunction(
  {
    inngest,
    store,
    scope,
    id = "memories",
    functionOptions,
    memory = (of) => of.memory,
  }: MemoryToolsOptions,
  {
    part,
    trigger,
    within,
    apply,
  }: {
    readonly part: string;
    readonly trigger: object;
    readonly within: RememberedBy;
    readonly apply: (applying: Applying) => Promise<Applied>;
  },
): InngestFunction.Any {
  const create = inngest.createFunction as unknown as (
    options: object,
    handler: (context: FunctionContext) => Promise<unknown>,
  ) => InngestFunction.Any;
  const named = { id: `${id}:${part}`, name: `${id}: ${part}`, triggers: [trigger] };
  return create.call(
    inngest,
    { retries: RETRIES, ...functionOptions, ...named },
    async (context) => {
      const { event, step, runId } = context;
      try {
        const scoped = storeOf({ store, scope }, event);
        const place = { store: scoped, memory: memory(scoped), within };
        return await apply({ ...place, event, step, eventId: `memories/${event.id ?? runId}` });
      } catch (error) {
        // What a step has thrown has had its tries; what was refused ahead of one never gets better.
        throw error instanceof StorageError ? crossing(error) : error;
      }
    },
  );
}

const OPTIONS: ReadonlySet<string> = new Set<keyof MemoryToolsOptions>([
  "inngest",
  "store",
  "within",
  "memory",
  "scope",
  "id",
  "functionOptions",
  "recallLimit",
]);

function check(options: MemoryToolsOptions): void {
  const unknown = Object.keys(options ?? {}).find((key) => !OPTIONS.has(key));
  if (unknown !== undefined) refuse(`memoryTools has no option "${unknown}".`);
  checkGiven("memoryTools", options, { inngest: "object", store: "store" });
  const { memory, scope } = options;
  for (const [what, value] of Object.entries({ memory, scope }) as [string, unknown][])
    if (value !== undefined && typeof value !== "function") refuse(`${what} must be a function.`);
  checkRecall(options);
}

function checkRecall({ within = { kind: "user" }, recallLimit = 1 }: MemoryToolsOptions): void {
  if (!isWithin(within))
    refuse('within is { kind: "user" }, { kind: "agent", agent } or { kind: "thread" }.');
  if (!Number.isSafeInteger(recallLimit) || recallLimit < 1)
    refuse("recallLimit must be a whole number of at least 1.");
}

function isWithin(within: unknown): boolean {
  if (typeof within !== "object" || within === null || !("kind" in within)) return false;
  if (within.kind === "agent")
    return "agent" in within && typeof within.agent === "string" && within.agent !== "";
  return within.kind === "user" || within.kind === "thread";
}

function refuse(message: string): never {
  throw new StorageError("INVALID_ARGUMENT", message);
}

import {
  type MemoryScope,
  type MemoryStore,
  type Store,
  StorageError,
} from "@perdure/checkpoint-core";
import type { AgentTool, ToolContext } from "../loop/contract.ts";
import type { ToolStep } from "../steps/toolStep.ts";
import type { RunInput } from "../runInput.ts";
import type { MemoryTools, RememberedBy } from "./contract.ts";
import { memoriesCreate, memoriesDelete, memoriesUpdate } from "./events.ts";
import { creations, deletions, schemaOf, statements, updates } from "./input.ts";

/** What the tools are made of, with nothing left open. */
export interface Remembering {
  readonly within: RememberedBy;
  readonly memory: (store: Store) => MemoryStore;
  readonly isScoped: boolean;
  readonly recallLimit: number;
}

/** The five tools. Those that write make steps of their own, and send events. */
export function toolsOf(how: Remembering): MemoryTools["tools"] {
  const send = sender(how);
  const writing = (description: string, parameters: AgentTool["parameters"]): AgentTool => ({
    description,
    parameters,
    durable: "self",
    async execute({ creations: made = [], ...writes }: Writes & Creations, context: ToolContext) {
      const fresh = made.map(({ statement }) => statement);
      return send(context, { ...writes, ...(fresh.length === 0 ? {} : { statements: fresh }) });
    },
  });
  return {
    create_memories: writing(
      "Save one or more new pieces of information to memory.",
      schemaOf({ statements }, "all"),
    ),
    recall_memories: recall(how),
    update_memories: writing(
      "Change memories that recall_memories has found: their ids, and their new words.",
      schemaOf({ updates }, "all"),
    ),
    delete_memories: writing(
      "Forget memories that recall_memories has found, by their ids.",
      schemaOf({ deletions }, "all"),
    ),
    manage_memories: writing(
      "Save new memories, change and forget others, in one call.",
      schemaOf({ creations, updates, deletions }, "one"),
    ),
  };
}

/** What is to be written. */
interface Writes {
  readonly statements?: readonly string[];
  readonly updates?: readonly { readonly id: string; readonly statement: string }[];
  readonly deletions?: readonly { readonly id: string }[];
}

interface Creations {
  readonly creations?: readonly { readonly statement: string }[];
}

/** Sends what is to be written in one step, and only then says that it has been. */
function sender(how: Remembering): (context: ToolContext, writes: Writes) => Promise<string> {
  return async (context, writes) => {
    const { step } = context;
    if (!step)
      throw new StorageError(
        "INVALID_ARGUMENT",
        "Memories are written by events, which a step sends, and there is none: nothing was scheduled.",
      );
    const about = await aboutRun(how, context, step);
    const events = [
      { name: memoriesCreate.name, said: "creation", list: "statements" },
      { name: memoriesUpdate.name, said: "change", list: "updates" },
      { name: memoriesDelete.name, said: "deletion", list: "deletions" },
    ] as const;
    const wanted = events.flatMap(({ name, said, list }) => {
      const items = writes[list] ?? [];
      return items.length === 0 ? [] : [{ name, said, items, data: { ...about, [list]: items } }];
    });
    await step.sendEvent(
      "send",
      wanted.map(({ name, data }) => ({ name, data })),
    );
    const told = wanted.map(({ said, items }) => `the ${said} of ${items.length}`);
    return `I have scheduled ${told.join(", ")} memories.`;
  };
}

/** What an event carries beside AgentKit's payload: only where it must be known whose, or of which thread's life, it is. */
async function aboutRun(
  { within, isScoped }: Remembering,
  { store, threadId, runId }: ToolContext,
  step: ToolStep,
): Promise<Readonly<Record<string, unknown>>> {
  if (!isScoped && within.kind !== "thread") return {};
  return step.run("about", async () => {
    const run = await store.runs.get(runId);
    const { fields = {} } = (run?.input ?? {}) as Partial<RunInput>;
    return { ...fields, threadId, runId, ...(run ? { life: run.life } : {}) };
  });
}

function recall({ within, memory, recallLimit }: Remembering): AgentTool {
  return {
    description: "Search memory for what is known, by one or more questions.",
    parameters: schemaOf({ queries: statements }, "all"),
    async execute({ queries }: { readonly queries: readonly string[] }, context: ToolContext) {
      const { store, threadId } = context;
      const place: MemoryScope = within.kind === "thread" ? { ...within, threadId } : within;
      const found = await Promise.all(
        queries.map(async (query) => memory(store).search(place, query, { limit: recallLimit })),
      );
      const all = found.flatMap(({ memories }) => memories.map((one) => one.memory));
      const once = new Map(all.map(({ id, text }) => [id, { id, statement: text }]));
      const isComplete = found.every(({ complete }) => complete);
      return { memories: [...once.values()], ...(isComplete ? {} : { complete: false }) };
    },
  };
}

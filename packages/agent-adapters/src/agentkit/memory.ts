import { checkGiven, StorageError } from "@perdure/checkpoint-core";
import {
  type AgentTool,
  type MemoryTools,
  type MemoryToolsOptions,
  memoryTools,
} from "@perdure/inngest-bridge";
import { z } from "zod";
import { currentCall } from "../run/currentCall.ts";
import type { KitTool, KitToolOptions } from "./kit.ts";

/** Tools for memories, by the names that a model knows them by, and what is to be served for them. */
export interface AgentKitMemory {
  readonly tools: { readonly [Name in keyof MemoryTools["tools"]]: KitTool };
  /** Apply the events. Serve them beside the network's. */
  readonly functions: MemoryTools["functions"];
}

const statement = z.string().min(1);
const update = z.object({ id: z.string(), statement });
const deletion = z.object({ id: z.string() });

/** What the tools are told to the model to take. What they do take is checked by the tools themselves. */
const PARAMETERS = {
  create_memories: z.object({ statements: z.array(statement).min(1) }),
  recall_memories: z.object({ queries: z.array(statement).min(1) }),
  update_memories: z.object({ updates: z.array(update).min(1) }),
  delete_memories: z.object({ deletions: z.array(deletion).min(1) }),
  manage_memories: z.object({
    creations: z.array(z.object({ statement })).optional(),
    updates: z.array(update).optional(),
    deletions: z.array(deletion).optional(),
  }),
} as const;

/**
 * The bridge's tools for memories as AgentKit's, for the agents of a run: what is remembered goes out as an event, once for each call, and the functions apply it. In a network that is run as it is they are
 * refused, and nothing is scheduled.
 */
export function agentKitMemory(options: MemoryToolsOptions): AgentKitMemory {
  checkGiven("agentKitMemory", options, { inngest: "object", store: "store" });
  const { tools, functions } = memoryTools(options);
  const kit = (name: keyof typeof tools): KitTool => toolOf(name, tools[name]);
  return {
    tools: {
      create_memories: kit("create_memories"),
      recall_memories: kit("recall_memories"),
      update_memories: kit("update_memories"),
      delete_memories: kit("delete_memories"),
      manage_memories: kit("manage_memories"),
    },
    functions,
  };
}

function toolOf(name: keyof typeof PARAMETERS, tool: AgentTool): KitTool {
  const { description, parameters } = tool;
  const handler = async (given: unknown, { step }: KitToolOptions): Promise<unknown> => {
    const call = currentCall();
    if (!call)
      throw new StorageError(
        "INVALID_ARGUMENT",
        `"${name}" is called in a run: make the network an agent by createInngestAgent. Nothing was done.`,
      );
    const input = await checked(parameters, given);
    return tool.execute(input as never, { ...call, step: step as never });
  };
  return { name, description, parameters: PARAMETERS[name], handler } as KitTool;
}

/** The input as the tool reads it. */
async function checked(parameters: AgentTool["parameters"], given: unknown): Promise<unknown> {
  if (!("~standard" in parameters)) return given;
  const read = await (
    parameters["~standard"] as {
      validate(value: unknown): Promise<Validated> | Validated;
    }
  ).validate(given);
  if (!read.issues) return read.value;
  throw new Error(
    `The input is not valid: ${read.issues.map(({ message }) => message).join("; ")}.`,
  );
}

interface Validated {
  readonly value?: unknown;
  readonly issues?: readonly { readonly message: string }[];
}

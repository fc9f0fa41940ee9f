import { Agent } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import { z } from "zod";

type ToolOptions = Parameters<typeof createTool>[0];
type AgentOptions = ConstructorParameters<typeof Agent>[0];

/** A tool that takes an order. */
export function tool(
  id: string,
  execute: (input: { readonly order: string }, context: ToolContext) => unknown,
  more: Partial<Omit<ToolOptions, "id" | "execute">> = {},
): NonNullable<ReturnType<typeof createTool>> {
  const inputSchema = z.object({ order: z.string() });
  const options = { id, description: id, inputSchema, execute, ...more };
  return createTool(options as never);
}

/** What a tool of Mastra's gets, as far as these tests use it. */
export interface ToolContext {
  readonly agent: {
    readonly suspend: (payload: unknown) => Promise<void>;
    readonly resumeData?: unknown;
    readonly suspendPayload?: unknown;
  };
  readonly requestContext?: { get(key: string): unknown };
}

/** An agent with a stub model. */
export function made(
  model: never,
  tools: Readonly<Record<string, unknown>>,
  more: Partial<AgentOptions> = {},
): Agent {
  const options = { id: "support", name: "Support", instructions: "You help.", model, tools };
  return new Agent({ ...options, ...more } as never);
}

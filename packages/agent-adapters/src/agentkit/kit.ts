import type { Agent, Message, Network, StateData, Tool, ToolMessage } from "@inngest/agent-kit";

// AgentKit's own types, over whatever data: a network of one kind of data is assignable to no other.

/** An agent of AgentKit. */
export type KitAgent = Agent<StateData>;

/** A network of AgentKit. */
export type KitNetwork = Network<StateData>;

/** A tool of AgentKit. */
export type KitTool = Tool.Any;

/** What AgentKit hands to a tool beside its input. */
export type KitToolOptions = Tool.Options<StateData>;

/** The run of a network, as AgentKit shows it. */
export type KitNetworkRun = KitToolOptions["network"];

/** A call as AgentKit's parser has it. */
export type KitCall = ToolMessage;

/** Whose form of a message it is that the plain one does not say. */
export const AGENTKIT = "agentkit";

/** The calls that a model's output asks for, in the order in which AgentKit carries them out. */
export function callsIn(output: readonly Message[]): readonly KitCall[] {
  return output.flatMap((message) => (message.type === "tool_call" ? message.tools : []));
}

/** The text of a model's output. */
export function textIn(output: readonly Message[]): string {
  return output.map(textOf).join("");
}

function textOf(message: Message): string {
  if (message.type !== "text" || message.role !== "assistant") return "";
  const { content } = message;
  return typeof content === "string" ? content : content.map(({ text }) => text).join("");
}

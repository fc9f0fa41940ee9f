import type { Approval } from "@perdure/checkpoint-core";
import type { AgentContext } from "../agent.ts";
import type { Host } from "../host.ts";
import type { DueCall } from "../loop/asked.ts";
import type { AgentTool } from "../loop/contract.ts";
import type { Delegation } from "./contract.ts";
import type { ChildName } from "./names.ts";

/** One call for which another agent works. */
export interface Delegated {
  readonly tool: AgentTool;
  readonly delegation: Delegation;
  /** The run that calls. */
  readonly context: AgentContext;
  readonly due: DueCall;
  /** The agent's run, and the place where it is carried out. */
  readonly child: ChildName;
  readonly host: Host;
  /** What has been decided of that which the agent waits for, as it asked. */
  readonly handed: readonly Approval[];
}

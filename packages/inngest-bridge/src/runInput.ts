import type { AgentInput } from "./agent.ts";
import type { DelegatedBy } from "./subagents/names.ts";

/** What is stored as a run's input. */
export interface RunInput extends AgentInput {
  /** The agent that it is for. */
  readonly agent: string;
  /** The event that wakes it. */
  readonly wakeBy?: string;
  /** The run speaks up because the user has said nothing since: the last place of the history then, none in an empty one. It is called off where a reply came first. */
  readonly unlessReplied?: { readonly since?: string };
  /** What else its event carried: the events that go on with it carry it too, because `scope` may read it. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** How many agents stand above it. */
  readonly depth?: number;
  /** The call that it works for, in the execution of that call's run. */
  readonly delegatedBy?: DelegatedBy;
}

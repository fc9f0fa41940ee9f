import type { AgentLoopOptions } from "./contract.ts";

/** The options of a loop, with nothing left open. */
export type Loop = AgentLoopOptions &
  Required<Pick<AgentLoopOptions, "tools" | "maxIterations" | "resumeWhen">> & {
    /** The text that a `systemPrompt` function made for this run, in this execution. */
    readonly madeSystemText?: string;
  };

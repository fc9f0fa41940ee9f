import type { RunChunk } from "../../src/index.ts";

/** A call of a tool that happened in the world. */
export interface Effect {
  readonly runId: string;
  readonly callId: string;
  readonly tool: string;
  /** Which of its own steps, of a tool that makes some. */
  readonly part?: string;
  readonly key: string;
  readonly input: unknown;
  /** Tells it from every other one: it is what the tool answers. */
  readonly mark: string;
}

/** An answer of the model. */
export interface Said {
  readonly runId: string;
  readonly turn: number;
  readonly mark: string;
}

/** A call of a person, or of code outside, and how it ended: `unknown` where nobody lived to see it. */
export interface Asked {
  readonly what: string;
  readonly runId: string;
  ended: "unknown" | "ok" | "failed";
  result?: unknown;
}

/** A run that somebody has watched, as long as it lasted. */
export interface Watched {
  readonly runId: string;
  readonly life: number;
  readonly seen: RunChunk[];
  ended: "no" | "itself" | "failed";
}

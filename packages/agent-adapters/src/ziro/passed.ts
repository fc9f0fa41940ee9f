import type { Spent } from "./spending.ts";

/** How a call that handed over has ended in this pass. */
export type Handed =
  | { readonly content: unknown; readonly spent: Spent }
  | { readonly error: unknown };

/** A call that a person is asked about, as the run knows it. */
export interface Waiting {
  readonly callId: string;
  readonly tool: string;
  readonly input: unknown;
  /** The agent below whose call it is. */
  readonly agent?: string;
}

import type { InngestAgent } from "./contract.ts";

/** What marks an Inngest agent, also one that another copy of this package made. */
export const INNGEST_AGENT: unique symbol = Symbol.for("perdure.inngestAgent") as never;

/** Whether a value is what `createInngestAgent` returned. */
export function isInngestAgent(value: unknown): value is InngestAgent {
  return typeof value === "object" && value !== null && INNGEST_AGENT in value;
}

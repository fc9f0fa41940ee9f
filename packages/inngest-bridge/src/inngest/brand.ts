/** What marks an Inngest agent, also one that another copy of this package made. */
export const INNGEST_AGENT: unique symbol = Symbol.for("perdure.inngestAgent") as never;

/*
 * In the place of `@ziro-agent/agent` and `@ziro-agent/core`, which are on no registry: the stand-in that the adapter's tests have, written after Ziro's types. With Ziro's own packages,
 * import `createAgent` from `@ziro-agent/agent` and leave this file out.
 */
export { type Agent, createAgent } from "../../../packages/agent-adapters/test/ziro/standIn.ts";
export type { LanguageModel, Tool } from "../../../packages/agent-adapters/test/ziro/shapes.ts";

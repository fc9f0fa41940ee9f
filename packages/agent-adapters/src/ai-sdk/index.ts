/** What a thread of the AI SDK holds in its history. */
export type { ModelMessage } from "ai";

import type { RunStats } from "../src/index.ts";

/** What the crash drill's run counts, both halves together and each answer once. */
export const expectedStats: RunStats = {
  totalToolCalls: 3,
  totalMessages: 3,
  totalReasoningSteps: 3,
  totalItems: 12,
  agentsInvolved: ["support"],
  agentCount: 1,
  startingAgent: "support",
  finalAgent: "support",
  inputTokens: 300,
  outputTokens: 6,
  totalTokens: 306,
  totalCostUsd: 360,
  model: "m",
};

/** The thread's messages, without what differs from answer to answer. */
export const expectedHistory = [
  "user: Refund order 7, please.",
  "assistant: turn 1 calls order calls customer",
  'tool order: {"found":"order"}',
  'tool customer: {"found":"customer"}',
  "assistant: turn 2 calls refund",
  'tool refund: {"refunded":4200}',
  "assistant: told after 6 messages",
  "user: Thank you.",
  "assistant: told after 8 messages",
];

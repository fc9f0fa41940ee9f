import { expect, test } from "vitest";
import { compare, type Witnesses } from "../src/witnesses.ts";

const honest: Witnesses = {
  history: [
    { role: "user", content: "Refund #1" },
    { role: "assistant", content: "", toolCalls: [{ id: "c", name: "refund_order", input: {} }] },
    {
      role: "tool",
      toolCallId: "c",
      toolName: "refund_order",
      content: { order: "1", refunded: 5 },
    },
    { role: "assistant", content: "Done." },
  ],
  calls: [
    { messages: 1, answered: "refund_order" },
    { messages: 3, answered: "Done." },
  ],
  attempts: [{ key: "k", order: "1", cents: 5, paid: true }],
  decisions: [true],
  late: [false],
  ended: "completed",
};

test("accounts that agree agree, also when a request came twice and was paid once", () => {
  const again = { key: "k", order: "1", cents: 5, paid: false };
  expect(compare(honest).agree).toBe(true);
  expect(compare({ ...honest, attempts: [...honest.attempts, again] }).agree).toBe(true);
});

test.each<[string, Partial<Witnesses>]>([
  ["another amount", { attempts: [{ key: "k", order: "1", cents: 500, paid: true }] }],
  ["another order", { attempts: [{ key: "k", order: "2", cents: 5, paid: true }] }],
  [
    "a second payment",
    { attempts: [...honest.attempts, { key: "l", order: "1", cents: 5, paid: true }] },
  ],
  ["no payment", { attempts: [] }],
  ["a payment that nobody approved", { decisions: [] }],
  ["a second approval that counted", { late: [true] }],
  ["a model call too many", { calls: [...honest.calls, { messages: 3, answered: "Done." }] }],
  ["a run that did not end", { ended: "suspended" }],
])("disagrees on %s", (_, change) => {
  expect(compare({ ...honest, ...change }).agree).toBe(false);
});

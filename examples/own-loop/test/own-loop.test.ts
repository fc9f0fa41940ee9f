import { readFile } from "node:fs/promises";
import { type Fault, faultAt } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { demo } from "../src/demo.ts";

const lines: string[] = [];
const { requests, ...plain } = await demo((line) => lines.push(line));

test("the demo says what its README shows", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`text\n${lines.join("\n")}\n\`\`\``);
});

test("both leave whole turns in the history, and the refund is paid once", () => {
  expect(plain).toEqual({
    threads: {
      ann: [
        "user: Where is order 7?",
        "assistant: ",
        "tool: Order 7 is late.",
        "assistant: It says: Order 7 is late.",
      ],
      bob: [
        "user: Refund order 7.",
        "assistant: ",
        "tool: Order 7 is late.",
        "assistant: ",
        "tool: Order 7 is refunded.",
        "assistant: It says: Order 7 is refunded.",
      ],
    },
    paid: ["7"],
  });
});

test("wherever an answer is lost, doubled, or the process dies, the same comes of it", {
  timeout: 30_000,
}, async () => {
  const faults: readonly Fault[] = ["lose-response", "stop-during", "double"];
  for (let index = 0; index < requests; index += 2) {
    const fault = faults[(index / 2) % faults.length] ?? "double";
    const { requests: _, ...hit } = await demo(() => undefined, { faults: faultAt(index, fault) });
    expect([fault, index, hit]).toEqual([fault, index, plain]);
  }
});

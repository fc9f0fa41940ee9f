import { ziroAgent } from "../../src/ziro/agent.ts";
import type { Framework } from "../scenarios/framework.ts";
import { createAgent } from "./standIn.ts";
import { recorded, says, scripted, wants } from "./world.ts";

/** A refund that a person agrees to beside a lookup, a second refund, and the answer. */
export const framework: Framework = {
  name: "Ziro (a stand-in)",
  module: new URL(import.meta.url),
  prompt: "Refund orders 7 and 8",
  agent({ ask, did }) {
    const answers = scripted(
      wants(["a", "refund", { order: 7 }], ["l", "lookup", { order: 7 }]),
      wants(["b", "refund", { order: 8 }]),
      says("Both are paid."),
    );
    const model = {
      ...answers,
      async generate(asked: Parameters<typeof answers.generate>[0]) {
        await ask();
        return answers.generate(asked);
      },
    };
    const work = (name: string) => ({
      execute({ order }: { readonly order: number }) {
        did(`${name} ${order}`);
        return "done";
      },
    });
    const refund = recorded("refund", { requiresApproval: true, ...work("refund") });
    const lookup = recorded("lookup", work("lookup"));
    const agent = createAgent({ name: "support", model, tools: { refund, lookup } });
    return ziroAgent(agent, { model });
  },
  needs: {
    models: 3,
    effects: ["lookup 7", "refund 7", "refund 8"],
    messages: 7,
    response: "Both are paid.",
  },
};

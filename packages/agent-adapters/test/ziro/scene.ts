import { ziroAgent } from "../../src/ziro/agent.ts";
import type { Framework } from "../scenarios/framework.ts";
import type { GenerateResult, LanguageModel } from "./shapes.ts";
import { createAgent } from "./standIn.ts";
import { recorded, says, scripted, wants } from "./world.ts";

/** A refund that a person agrees to beside a lookup, then another desk, which is handed the conversation and has a refund of its own agreed to, and the answer. */
export const framework: Framework = {
  name: "Ziro (a stand-in)",
  module: new URL(import.meta.url),
  prompt: "Refund orders 7 and 8",
  agent({ ask, did }) {
    const model = (...said: readonly GenerateResult[]): LanguageModel => {
      const answers = scripted(...said);
      return {
        ...answers,
        async generate(asked) {
          await ask();
          return answers.generate(asked);
        },
      };
    };
    const work = (name: string) => ({
      execute({ order }: { readonly order: number }) {
        did(`${name} ${order}`);
        return "done";
      },
    });
    const refund = recorded("refund", { requiresApproval: true, ...work("refund") });
    const lookup = recorded("lookup", work("lookup"));
    const billing = createAgent({
      name: "billing",
      // The conversation that it is handed has two answers.
      model: model(
        says(""),
        says(""),
        wants(["b", "refund", { order: 8 }]),
        says("Order 8 is paid."),
      ),
      tools: { refund },
    });
    const agent = createAgent({
      name: "support",
      model: model(
        wants(["a", "refund", { order: 7 }], ["l", "lookup", { order: 7 }]),
        wants(["h", "transfer_to_billing", {}]),
        says("Both are paid."),
      ),
      tools: { refund, lookup },
      handoffs: [billing],
    });
    return ziroAgent(agent, { handoffs: [billing] });
  },
  needs: {
    models: 5,
    effects: ["lookup 7", "refund 7", "refund 8"],
    messages: 7,
    response: "Both are paid.",
  },
};

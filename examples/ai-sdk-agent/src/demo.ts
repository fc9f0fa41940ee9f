import { playRefund } from "@perdure/stage/refund";
import { supportAgent } from "./agent.ts";
import { scriptedModel } from "./model.ts";

/** A refund that a person agrees to, on an Inngest in this process. */
export async function demo(say: (line: string) => void): Promise<void> {
  await playRefund(say, "Refund order 7", async (surroundings) => {
    const { store, support } = await supportAgent(scriptedModel, surroundings);
    return { store, agent: support };
  });
}

import { playRefund } from "@perdure/stage/refund";
import { deskAgent } from "./agent.ts";
import { scriptedProvider } from "./model.ts";

/** A refund that a person agrees to, on an Inngest in this process. */
export async function demo(say: (line: string) => void): Promise<void> {
  await playRefund(say, "Refund order 7", async (surroundings) => {
    const { store, desk } = await deskAgent(scriptedProvider, surroundings);
    return { store, agent: desk };
  });
}

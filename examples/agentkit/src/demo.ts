import { playRefund } from "@perdure/stage/refund";
import { supportDesk } from "./desk.ts";
import { scriptedProvider } from "./model.ts";

/** A refund that a person agrees to, on an Inngest in this process. */
export async function demo(say: (line: string) => void): Promise<void> {
  await using provider = await scriptedProvider();
  await playRefund(say, "Refund order 7", async (surroundings) => {
    const { store, desk } = await supportDesk(provider.model, surroundings);
    return { store, agent: desk };
  });
}

import { playRefund } from "@perdure/stage/refund";
import { desk as deskOf } from "./desk.ts";
import { scriptedModel } from "./model.ts";

/** A refund that a person agrees to, on an Inngest in this process. */
export async function demo(say: (line: string) => void): Promise<void> {
  await playRefund(say, "Refund order #123", async ({ refund, ...place }) => {
    const { store, desk } = await deskOf({ model: scriptedModel, refund }, place);
    return { store, agent: desk };
  });
}

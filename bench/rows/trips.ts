import { createStore } from "@perdure/checkpoint-core";
import { grow, startConversation, THREAD } from "../conversation.ts";
import type { Engine } from "../engines/engine.ts";
import { newMessage } from "../message.ts";
import type { Row } from "../table.ts";
import { promises } from "./promises.ts";

/** Records of a page. */
const PAGE = 200;

/** How often the engine is asked: once for a write, twice for a get by a process that has just started (on DynamoDB three times), and once more for each further page of 200 records. */
export async function trips(engine: Engine): Promise<Row[]> {
  const space = await engine.space();
  const sent = space.trips;
  if (sent === undefined) return [];
  const { tripsOfGet: raw = 2 } = promises[engine.name];
  const backend = space.backend();
  const store = createStore({ backend });
  await store.setup();
  const conversation = await startConversation(store);
  const counted = async (work: () => Promise<unknown>): Promise<number> => {
    const before = sent();
    await work();
    return sent() - before;
  };
  const getsAt = async (messages: number, before: number): Promise<Row> => {
    await grow(conversation, messages - before);
    const cold = createStore({ backend });
    await cold.setup();
    const ours = await counted(() => cold.checkpoints.get(THREAD));
    const what = `get latest of ${messages.toLocaleString("en")} messages by a process that has just started`;
    return messages < PAGE
      ? { what, ours, raw, unit: "trips", atMost: 1 }
      : { what: `${what}, in pages`, ours, raw, unit: "trips" };
  };
  const gets = [await getsAt(50, 0), await getsAt(199, 50), await getsAt(1000, 199)];
  const appends = await counted(() => conversation.append(newMessage()));
  return [{ what: "append", ours: appends, raw: 1, unit: "trips", atMost: 1 }, ...gets];
}

import { createStore } from "@perdure/checkpoint-core";
import { grow, startConversation } from "../conversation.ts";
import type { Engine } from "../engines/engine.ts";
import type { Row } from "../table.ts";
import { held, promises } from "./promises.ts";

const MESSAGES = 200;

/** What is stored after 200 appends, the empty schema aside, against the bytes of the messages themselves. */
export async function bytes(engine: Engine): Promise<Row[]> {
  const space = await engine.space();
  const store = createStore({ backend: space.backend() });
  await store.setup();
  const empty = await space.bytes();
  const unique = await grow(await startConversation(store), MESSAGES);
  await store[Symbol.asyncDispose]();
  return [
    {
      what: `bytes after ${MESSAGES} appends against the messages' own`,
      ours: (await space.bytes()) - empty,
      raw: unique,
      unit: "bytes",
      ...held(promises[engine.name].bytes),
    },
  ];
}

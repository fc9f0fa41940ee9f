import { randomBytes } from "node:crypto";
import { createStore } from "@perdure/checkpoint-core";
import { startConversation } from "../conversation.ts";
import type { Engine } from "../engines/engine.ts";
import { interleaved } from "../measure.ts";
import { newMessage } from "../message.ts";
import type { Row } from "../table.ts";
import { atMost, promises } from "./promises.ts";

/** Appends to an encrypted store, side by side with appends to one that is not. */
export async function encryption(engine: Engine): Promise<Row[]> {
  const keyed = { keys: { k1: randomBytes(32) }, current: "k1" };
  const plain = createStore({ backend: (await engine.space()).backend() });
  const sealed = createStore({ backend: (await engine.space()).backend(), encryption: keyed });
  await plain.setup();
  await sealed.setup();
  const [one, other] = [await startConversation(plain), await startConversation(sealed)];
  const took = await interleaved(
    { plain: () => one.append(newMessage()), sealed: () => other.append(newMessage()) },
    { warmUp: 1500, repetitions: 1500 },
  );
  const { more, atMost: promised } = promises[engine.name].encryption;
  const against = more === 0 ? "plain" : `plain plus ${more} µs`;
  return [
    {
      what: `append, p50: encrypted against ${against}`,
      ours: took.sealed,
      raw: took.plain + more,
      unit: "µs",
      ...atMost(promised),
    },
  ];
}

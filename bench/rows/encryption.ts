import { createCipheriv, createSecretKey, randomBytes } from "node:crypto";
import { createStore, type StoreOptions } from "@perdure/checkpoint-core";
import { type Conversation, startConversation } from "../conversation.ts";
import type { Engine } from "../engines/engine.ts";
import { interleaved } from "../measure.ts";
import { newMessage } from "../message.ts";
import type { Row } from "../table.ts";
import { held, promises } from "./promises.ts";

/** Bytes of the three values of an append. */
const VALUES = [15, 160, 1194];

/** Appends to an encrypted store, side by side with appends to one that is not, and with those beside the bare calls of the cipher. */
export async function encryption(engine: Engine): Promise<Row[]> {
  const keyed = { keys: { k1: randomBytes(32) }, current: "k1" };
  const plain = await start(engine, {});
  const beside = await start(engine, {});
  const sealed = await start(engine, { encryption: keyed });
  const encrypt = bareCalls();
  const took = await interleaved(
    {
      plain: () => plain.append(newMessage()),
      bare: () => {
        encrypt();
        return beside.append(newMessage());
      },
      sealed: () => sealed.append(newMessage()),
    },
    { warmUp: 3000, repetitions: 1500 },
  );
  const promised = promises[engine.name];
  const more = promised.encryption?.more ?? 0;
  return [
    {
      what: `append, p50: encrypted against plain${more === 0 ? "" : ` plus ${more} µs`}`,
      ours: took.sealed,
      raw: took.plain + more,
      unit: "µs",
      ...held(promised.encryption?.ratio),
    },
    {
      what: "  against plain beside the three bare calls of the cipher",
      ours: took.sealed,
      raw: took.bare,
      unit: "µs",
      ...held(promised.cipher),
    },
  ];
}

async function start(engine: Engine, options: StoreOptions): Promise<Conversation> {
  const store = createStore({ ...options, backend: (await engine.space()).backend() });
  await store.setup();
  return startConversation(store);
}

/** The least that encryption of three values can take here: the calls of the cipher, and nothing around them. */
function bareCalls(): () => void {
  const key = createSecretKey(randomBytes(32));
  const values = VALUES.map((bytes) => randomBytes(bytes));
  const bound = randomBytes(90);
  return () => {
    for (const value of values) {
      const cipher = createCipheriv("aes-256-gcm", key, randomBytes(12), { authTagLength: 16 });
      cipher.setAAD(bound);
      Buffer.concat([cipher.update(value), cipher.final(), cipher.getAuthTag()]);
    }
  };
}

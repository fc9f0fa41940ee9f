import { createCipheriv, createSecretKey, randomBytes } from "node:crypto";
import { join } from "node:path";
import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { startConversation } from "./conversation.ts";
import { interleaved } from "./measure.ts";
import { newMessage } from "./message.ts";
import type { Row } from "./table.ts";

/** What encryption may add to an append, in microseconds. */
const MORE = 25;

/** Appends to an encrypted store, side by side with appends to one that is not. */
export async function encryption(folder: string): Promise<Row[]> {
  const keyed = { keys: { k1: randomBytes(32) }, current: "k1" };
  await using plain = sqliteStore({ path: join(folder, "plain.db") });
  await using sealed = sqliteStore({ path: join(folder, "sealed.db"), encryption: keyed });
  const plainHere = createStore({ backend: memoryBackend() });
  const sealedHere = createStore({ backend: memoryBackend(), encryption: keyed });
  await using beside = sqliteStore({ path: join(folder, "beside.db") });
  return [
    await row(`append, p50: encrypted against plain plus ${MORE} µs (the aim)`, plain, sealed),
    await againstBare(beside, sealed),
    { ...(await row("  the same in memory", plainHere, sealedHere)), atMost: 1 },
  ];
}

/** Bytes of the three values of an append. */
const VALUES = [15, 160, 1194];

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

/** Appends to an encrypted store, side by side with plain ones that make the calls of the cipher beside them. */
async function againstBare(plain: Store, sealed: Store): Promise<Row> {
  const [one, other] = [
    await startConversation(plain, "bare"),
    await startConversation(sealed, "bare"),
  ];
  const encrypt = bareCalls();
  const bare = (): Promise<void> => {
    encrypt();
    return one.append(newMessage());
  };
  const took = await interleaved(
    { bare, sealed: () => other.append(newMessage()) },
    { warmUp: 1500, repetitions: 1500 },
  );
  const what = "  against plain beside the three bare calls of the cipher";
  return { what, ours: took.sealed, raw: took.bare, unit: "µs", atMost: 1.05 };
}

async function row(what: string, plain: Store, sealed: Store): Promise<Row> {
  const [one, other] = [await startConversation(plain), await startConversation(sealed)];
  const took = await interleaved(
    { plain: () => one.append(newMessage()), sealed: () => other.append(newMessage()) },
    { warmUp: 1500, repetitions: 1500 },
  );
  return { what, ours: took.sealed, raw: took.plain + MORE, unit: "µs" };
}

import { randomBytes } from "node:crypto";
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
  return [
    await row(`append, p50: encrypted against plain plus ${MORE} µs (the aim)`, plain, sealed),
    { ...(await row("  the same in memory", plainHere, sealedHere)), atMost: 1 },
  ];
}

async function row(what: string, plain: Store, sealed: Store): Promise<Row> {
  const [one, other] = [await startConversation(plain), await startConversation(sealed)];
  const took = await interleaved(
    { plain: () => one.append(newMessage()), sealed: () => other.append(newMessage()) },
    { warmUp: 1500, repetitions: 1500 },
  );
  return { what, ours: took.sealed, raw: took.plain + MORE, unit: "µs" };
}

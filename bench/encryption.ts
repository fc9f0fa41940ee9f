import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { startConversation } from "./conversation.ts";
import { interleaved } from "./measure.ts";
import { newMessage } from "./message.ts";
import type { Row } from "./table.ts";

/** What encryption may add to an append, in microseconds. */
const MORE = 25;

/** Appends to an encrypted store, side by side with appends to one that is not. */
export async function encryption(folder: string): Promise<Row[]> {
  const keys = { k1: randomBytes(32) };
  await using plain = sqliteStore({ path: join(folder, "plain.db") });
  await using sealed = sqliteStore({
    path: join(folder, "sealed.db"),
    encryption: { keys, current: "k1" },
  });
  const [one, other] = [await startConversation(plain), await startConversation(sealed)];
  const took = await interleaved(
    { plain: () => one.append(newMessage()), sealed: () => other.append(newMessage()) },
    { warmUp: 500, repetitions: 1000 },
  );
  return [
    {
      what: `append, p50: encrypted against plain plus ${MORE} µs`,
      ours: took.sealed,
      raw: took.plain + MORE,
      unit: "µs",
      atMost: 1,
    },
  ];
}

import { join } from "node:path";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { grow, startConversation } from "./conversation.ts";
import { databaseBytes } from "./raw.ts";
import type { Row } from "./table.ts";

const MESSAGES = 200;

/** What the file holds after 200 appends, the empty schema aside, against the bytes of the messages themselves. */
export async function bytes(folder: string): Promise<Row[]> {
  const empty = join(folder, "empty.db");
  {
    await using store = sqliteStore({ path: empty });
    await store.setup();
  }
  const full = join(folder, "full.db");
  let unique = 0;
  {
    await using store = sqliteStore({ path: full });
    unique = await grow(await startConversation(store), MESSAGES);
  }
  return [
    {
      what: `bytes after ${MESSAGES} appends against the messages' own`,
      ours: databaseBytes(full) - databaseBytes(empty),
      raw: unique,
      unit: "bytes",
      atMost: 1.7,
    },
  ];
}

import { IncompatibleError, StorageError } from "@perdure/checkpoint-core";
import type { Connection } from "./connection.ts";
import type { Settings } from "./options.ts";
import type { Sender } from "./send.ts";
import { lookAt, requireDurability } from "./server.ts";

/** The layout of keys and records that this code writes. */
const LAYOUT = 1;

/**
 * Looks at the servers, and reads or writes the key that says the layout. Throws `INVALID_ARGUMENT` for a server that cannot be used, `IncompatibleError` for one that is too old and for keys of a
 * newer layout, `NOT_FOUND` in a verify before the first create.
 */
export async function makeReady(
  mode: "create" | "verify",
  { client, sender }: Connection,
  { keyPrefix, timeoutMs, durability, wait, report }: Settings,
): Promise<void> {
  const key = `${keyPrefix}layout`;
  const layout = async (): Promise<string | undefined> => {
    const bytes = await sender.ask("get", [key]);
    return Buffer.isBuffer(bytes) ? bytes.toString() : undefined;
  };
  let found = await layout();
  const servers = await lookAt(client, timeoutMs, wait?.replicas ?? 0);
  if (durability !== undefined) requireDurability(servers, durability);
  await requireSender(sender, wait !== undefined);
  if (found === undefined && mode === "create") {
    await sender.tell("set", [key, LAYOUT, "NX"]);
    found = await layout();
  }
  if (found === undefined)
    throw new StorageError("NOT_FOUND", `Redis holds no store under ${keyPrefix}: run setup.`);
  if (Number(found) > LAYOUT)
    throw new IncompatibleError(
      `The keys under ${keyPrefix} have layout ${found}; this package knows ${LAYOUT}.`,
    );
  if (Number(found) !== LAYOUT)
    throw new StorageError("CORRUPT", `The key ${key} holds something else than a layout.`);
  report?.(servers);
}

/** Throws where the client's sendings cannot be watched, and where writes would wait and the user may not. */
async function requireSender(sender: Sender, waits: boolean): Promise<void> {
  const { socket } = await sender.tell("ping", []);
  if (socket === undefined)
    throw new StorageError(
      "INVALID_ARGUMENT",
      "The client is not ioredis 5 or 6: what it sends again after a lost connection cannot be seen.",
    );
  // Otherwise the first write would be there, and seem to have failed.
  if (waits) await sender.ask("wait", [0, 1]);
}

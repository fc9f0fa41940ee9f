import { encodeText, type Run, StorageError } from "@perdure/checkpoint-core";
import type { Bridge } from "./bridge.ts";
import { EventNotSentError } from "./eventNotSent.ts";
import { wakeEventOf } from "./owning.ts";

// What Inngest takes as an event on every plan, less room for the ids and the envelope.
export const EVENT_BYTES: number = 256 * 1024 - 8 * 1024;

/** What the event repeats of the run's record, as far as an event can hold it: the run itself goes on with its record. */
export function eventFields<T extends object>(fields: T): T | Record<string, never> {
  return Buffer.byteLength(JSON.stringify(fields)) <= EVENT_BYTES / 2 ? fields : {};
}

/** Refuses more data than an event can hold, before anything is recorded. */
export function checkData(data: unknown): void {
  const isObject = typeof data === "object" && data !== null && !Array.isArray(data);
  if (!isObject) throw new StorageError("INVALID_ARGUMENT", "data must be an object.");
  if (Buffer.byteLength(encodeText(data)) > EVENT_BYTES / 2)
    throw new StorageError("TOO_LARGE", `data is over ${EVENT_BYTES / 2} bytes.`);
}

/** Sends the event that goes on with a run: that of its own agent. None to a run that no event wakes. */
export async function sendResume(
  bridge: Bridge,
  run: Run,
  data: Readonly<Record<string, unknown>>,
  what: string,
): Promise<void> {
  const name = wakeEventOf(bridge, run);
  if (name !== undefined) await sent(bridge, { name, data }, { runId: run.id, what });
}

/** Sends an event behind a write that has landed: a failure says what is stored, and that the same call sends it again. */
export async function sent(
  { inngest }: Bridge,
  event: Parameters<Bridge["inngest"]["send"]>[0],
  about: Stored,
): Promise<void> {
  await behindWrite(about, async () => inngest.send(event));
}

/** What is stored, of which run. */
interface Stored {
  readonly runId: string;
  readonly what: string;
}

/** Does what sends events behind a write that has landed. Throws `EventNotSentError` where it fails. */
export async function behindWrite(
  { runId, what }: Stored,
  send: () => Promise<unknown>,
): Promise<void> {
  try {
    await send();
  } catch (error) {
    throw new EventNotSentError(
      `${what}, but its event could not be sent to Inngest${howTo(error)}.`,
      {
        runId,
        cause: error,
      },
    );
  }
}

/** What a first program lacks: the SDK says that it has no key, or nobody answers where its server should be. */
function howTo(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if (/event key/i.test(error.message))
    return ": set INNGEST_DEV=1 where Inngest's dev server runs, or INNGEST_EVENT_KEY where it is deployed";
  const { code } = (error.cause ?? {}) as { readonly code?: unknown };
  return code === "ECONNREFUSED" ? ": nobody listens there, so start its dev server" : "";
}

import {
  isStorageError,
  type MemoryScope,
  type MemoryStore,
  type Store,
} from "@perdure/checkpoint-core";
import { NonRetriableError } from "inngest";
import type { IncomingEvent } from "../inngest/contract.ts";
import { crossing } from "../steps/failure.ts";
import { encodeOutput } from "../steps/output.ts";
import type { RememberedBy } from "./contract.ts";
import type { MemoriesCreate, MemoriesDelete, MemoriesUpdate } from "./events.ts";

/** What an event is applied to. */
export interface Applying {
  readonly store: Store;
  readonly memory: MemoryStore;
  readonly within: RememberedBy;
  readonly event: IncomingEvent;
  /** Names the event: its writes are named by it, so that it counts once, however often and late it is delivered. */
  readonly eventId: string;
  readonly step: {
    run(id: string, work: () => Promise<unknown>): Promise<unknown>;
  };
}

/** What came of an event. */
export type Applied =
  | { readonly status: "applied" }
  /** The thread whose memories they were to be is gone, or lives another life. */
  | { readonly status: "ended"; readonly reason: "deleted" };

/** Memories of one write. */
const BATCH = 32;

/** The statements are remembered, once. */
export async function applyCreate(applying: Applying): Promise<Applied> {
  const { statements } = applying.event.data as MemoriesCreate;
  return apply(applying, async (place) => {
    for (let at = 0; at < statements.length; at += BATCH) {
      const memories = statements.slice(at, at + BATCH).map((text) => ({ text }));
      await write(applying, `create:${at}`, async (memory, operationId) =>
        memory.write(place, memories, { operationId }),
      );
    }
  });
}

/**
 * The memories are as the updates say, each once. One that is not there is looked for again as often as the function says, since what creates it may be under way; then the function fails, with
 * all the others changed.
 */
export async function applyUpdate(applying: Applying): Promise<Applied> {
  const { updates } = applying.event.data as MemoriesUpdate;
  const last = new Map(updates.map(({ id, statement }) => [id, statement]));
  return apply(applying, async (place) => {
    const changes = [...last].map(async ([id, text], at) =>
      write(applying, `update:${at}`, async (memory, operationId) =>
        orRetried(async () => memory.update(place, [{ id, text }], { operationId })),
      ),
    );
    const endings = await Promise.allSettled(changes);
    const failed = endings.find((ending) => ending.status === "rejected");
    if (failed) throw failed.reason;
  });
}

/** None of the memories is there. */
export async function applyDelete(applying: Applying): Promise<Applied> {
  const { deletions } = applying.event.data as MemoriesDelete;
  const ids = [...new Set(deletions.map(({ id }) => id))];
  return apply(applying, async (place) => {
    for (let at = 0; at < ids.length; at += BATCH)
      await write(applying, `delete:${at}`, async (memory, operationId) =>
        memory.delete(place, ids.slice(at, at + BATCH), { operationId }),
      );
  });
}

async function apply(
  applying: Applying,
  change: (place: MemoryScope) => Promise<void>,
): Promise<Applied> {
  const { within, event } = applying;
  if (within.kind !== "thread") {
    await change(within);
    return { status: "applied" };
  }
  const { threadId } = event.data;
  if (typeof threadId !== "string" || threadId === "")
    throw new NonRetriableError(`The event ${event.name} names no thread.`);
  if (!(await isOfThisLife(applying))) return { status: "ended", reason: "deleted" };
  await change({ kind: "thread", threadId });
  return { status: "applied" };
}

/** Whether the run that sent the event lives: a later life of its thread must not get the memories of an earlier one. */
async function isOfThisLife({ store, event, step }: Applying): Promise<boolean> {
  const { runId, life } = event.data;
  if (typeof runId !== "string" || typeof life !== "number") return true;
  const found = await step.run("life", async () =>
    crossed(async () => ({ isOfIt: (await store.runs.get(runId))?.life === life })),
  );
  return (found as { readonly isOfIt: boolean }).isOfIt;
}

/** One write, in a step of its own, named by the event and the step. */
async function write(
  { memory, eventId, step }: Applying,
  id: string,
  work: (memory: MemoryStore, operationId: string) => Promise<unknown>,
): Promise<void> {
  await step.run(id, async () =>
    crossed(async () => {
      await work(memory, `${eventId}/${id}`);
      return encodeOutput({ done: true });
    }),
  );
}

async function crossed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw crossing(error);
  }
}

async function orRetried(update: () => Promise<unknown>): Promise<void> {
  try {
    await update();
  } catch (error) {
    if (!isStorageError(error) || error.code !== "NOT_FOUND") throw error;
    throw new Error(error.message, { cause: error });
  }
}

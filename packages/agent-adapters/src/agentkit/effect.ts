import { isStorageError, type Store, StorageError } from "@perdure/checkpoint-core";
import { doneOnce } from "@perdure/inngest-bridge/agent";
import { changeSince, type DataChange, putBack, snapshotOf } from "./data.ts";
import { insidePlace } from "./decision.ts";
import { inlineSteps } from "./inline.ts";
import type { KitToolOptions } from "./kit.ts";
import { withSteps } from "./place.ts";

/** A tool's own work. */
export type Handler = (input: unknown, options: KitToolOptions) => unknown;

/** Where a call is recorded, and under what. */
export interface ToolOnce {
  readonly store: Store;
  /** The thread that it stands beside; that of the network's state when not given. */
  readonly threadId?: string;
  /** Names the effect by what it is (`refund order-7`): a call with this key is the same one, whoever makes it. */
  readonly key: (input: never) => string;
}

/** What is recorded of a call: what it gave, what it changed in the data, and why a change cannot be kept. */
interface Recorded {
  readonly value: unknown;
  readonly change?: DataChange | undefined;
  readonly lost?: string;
}

/** The work as an effect of the store, with what it changes in `state.data`: a call of the same key gets both, and does nothing. Steps inside of it are part of it, and nobody is waited for there. */
export function onceHandler(
  name: string,
  work: Handler,
  { store, threadId, key }: ToolOnce,
): Handler {
  return async function (this: unknown, input, options) {
    const { state } = options.network;
    const thread = threadId ?? state.threadId;
    if (thread === undefined)
      throw invalid(
        `The tool "${name}" is recorded beside a thread, and the network's state names none.`,
      );
    const before = snapshotOf(state.data);
    const step = inlineSteps(`The tool "${name}"`);
    const ask = async (): Promise<never> => {
      throw invalid(
        `The tool "${name}" is done once: it asks a person by needsApproval, ahead of its work.`,
      );
    };
    const effect = { store, threadId: thread, key: key(input as never) };
    const { value, change, lost } = await doneOnce(effect, async () =>
      insidePlace({ decision: undefined, ask }, async () =>
        withSteps(step, async (): Promise<Recorded> => {
          const given = await work.call(this, input, { ...options, step: step as never });
          return { value: given, ...changeIn(before, state.data) };
        }),
      ),
    );
    putBack(state.data, before, change);
    if (lost !== undefined) throw new StorageError("UNSUPPORTED_VALUE", lost);
    return value;
  };
}

/** What is different in the data. The work has been done: a change that cannot be kept is told behind its record. */
function changeIn(before: ReturnType<typeof snapshotOf>, data: object): Omit<Recorded, "value"> {
  try {
    return { change: changeSince(before, data) };
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return { lost: error.message };
  }
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}

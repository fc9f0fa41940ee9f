import { StorageError } from "@perdure/checkpoint-core";
import type { Inngest } from "inngest";

/** An agent of a client, and what it listens to. */
interface Listener {
  readonly inngest: Inngest.Any;
  readonly id: string;
  readonly runEvent: string;
  readonly resumeEvent: string;
}

/** Which agent of a client listens to which events, by the id of its functions. */
const listeners = new WeakMap<object, Map<string, string>>();

/**
 * Keeps the events of an agent apart from those of every other agent of its client: each would take the other's runs. The same agent again keeps its events. Throws
 * `INVALID_ARGUMENT`.
 */
export function keepEventNames({ inngest, id, runEvent, resumeEvent }: Listener): void {
  if (runEvent === resumeEvent)
    throw new StorageError("INVALID_ARGUMENT", "runEvent and resumeEvent need different names.");
  const known = listeners.get(inngest) ?? new Map<string, string>();
  for (const name of [runEvent, resumeEvent]) {
    const other = known.get(name);
    if (other !== undefined && other !== id)
      throw new StorageError(
        "INVALID_ARGUMENT",
        `The agent "${other}" of this Inngest client listens to ${name} already: give "${id}" a runEvent and a resumeEvent of its own.`,
      );
  }
  for (const name of [runEvent, resumeEvent]) known.set(name, id);
  listeners.set(inngest, known);
}

/** Whether an agent of the client listens to the event, as far as this process knows. */
export function isListenedTo(inngest: Inngest.Any, event: string): boolean {
  return listeners.get(inngest)?.has(event) === true;
}

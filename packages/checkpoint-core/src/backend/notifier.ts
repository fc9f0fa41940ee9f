/**
 * Tells followers that something may have been written, so that they need not wait for their next look. A hint and nothing more: what it loses, doubles or delays costs time, never an
 * event.
 */
export interface Notifier {
  /** Whose writes it tells of: those of this process, or those of all that share the storage. Followers look less often by themselves for `storage`. */
  readonly reach: "process" | "storage";
  /** Wakes whoever has subscribed to the topic. Nobody waits for it, and a failure is ignored. */
  publish(topic: string): void | Promise<void>;
  /** `wake` is called after each write to the topic, until the answer is called. */
  subscribe(topic: string, wake: () => void): () => void;
}

/** A notifier for the writers and followers of one process. */
export function processNotifier(): Notifier {
  const topics = new Map<string, Set<() => void>>();
  return {
    reach: "process",
    publish(topic) {
      for (const wake of topics.get(topic) ?? []) wake();
    },
    subscribe(topic, wake) {
      const own = (): void => wake();
      const listeners = topics.get(topic) ?? new Set();
      topics.set(topic, listeners.add(own));
      return () => {
        listeners.delete(own);
        if (listeners.size === 0 && topics.get(topic) === listeners) topics.delete(topic);
      };
    },
  };
}

const notifiers = new WeakMap<object, Notifier>();

/** The notifier that all stores of this process on the backend share when they are given none: the engine's own, or else one for this process. */
export function notifierOf(backend: { readonly notifier?: Notifier }): Notifier {
  if (backend.notifier) return backend.notifier;
  const known = notifiers.get(backend);
  if (known) return known;
  const notifier = processNotifier();
  notifiers.set(backend, notifier);
  return notifier;
}

import { createHash } from "node:crypto";
import type { Notifier } from "@perdure/checkpoint-core";
import { Listener } from "./listener.ts";
import { type Session, statement } from "./session.ts";

/** A notifier with a connection of its own. */
export interface PostgresNotifier extends Notifier {
  /** Ends the connection; nobody is woken by others any more. */
  readonly close: () => void;
}

/** What {@link postgresNotifier} needs. */
export interface PostgresNotifierOptions {
  /** What `publish` runs on: any way to the database. */
  readonly session: Session;
  /** Settings of the connection that listens: it must lead to the server itself. */
  readonly settings: object;
  /** The channel, at most 63 bytes. */
  readonly channel: string;
}

/**
 * Wakes followers in all processes by `notify` and `listen`. The connection that listens is opened by the first subscription. On the channel stand hashes of topics, so topics may be any strings.
 */
export function postgresNotifier(options: PostgresNotifierOptions): PostgresNotifier {
  const { session, channel, settings } = options;
  const wakes = new Map<string, Set<() => void>>();
  const wake = (payload: string): void => {
    for (const one of wakes.get(payload) ?? []) one();
  };
  const listener = new Listener({
    settings,
    channel,
    heard: wake,
    missed() {
      for (const payload of wakes.keys()) wake(payload);
    },
    wanted: () => wakes.size > 0,
  });
  const publish = publisher(session, channel);
  return {
    reach: "storage",
    publish(topic) {
      const payload = payloadOf(topic);
      wake(payload);
      return publish(payload);
    },
    subscribe(topic, callback) {
      const payload = payloadOf(topic);
      const own = (): void => callback();
      const all = wakes.get(payload) ?? new Set();
      wakes.set(payload, all.add(own));
      listener.open();
      return () => {
        all.delete(own);
        if (all.size === 0 && wakes.get(payload) === all) wakes.delete(payload);
      };
    },
    close: () => listener.close(),
  };
}

/** A topic as it stands on the channel: 43 characters. */
function payloadOf(topic: string): string {
  return createHash("sha256").update(Buffer.from(topic, "utf16le")).digest("base64url");
}

/** Nothing is kept by a notification, so its transaction waits for no disk. */
const notify = statement(
  "select pg_catalog.set_config('synchronous_commit', 'off', true), pg_catalog.pg_notify($1, $2)",
);

/** Publishes one notification of a payload at a time; however many are asked for meanwhile, one more follows. */
function publisher(session: Session, channel: string): (payload: string) => Promise<void> {
  const again = new Map<string, boolean>();
  return async (payload) => {
    if (again.has(payload)) {
      again.set(payload, true);
      return;
    }
    try {
      do {
        again.set(payload, false);
        await session.run(notify, [channel, payload]);
      } while (again.get(payload) === true);
    } finally {
      again.delete(payload);
    }
  };
}

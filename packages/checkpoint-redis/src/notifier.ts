import { encodeId, type Notifier } from "@perdure/checkpoint-core";
import type { RedisSubscriber } from "./client.ts";
import type { LazyConnection } from "./connection.ts";

/** A notifier that holds a connection while somebody has subscribed. */
export interface RedisNotifier extends Notifier {
  /** Closes the connection; nobody is woken any more. */
  close(): void;
}

/** Where messages may have gone by unheard: after these events all are woken. */
const gaps = ["ready", "+node", "-node"] as const;

/**
 * Tells of writes by PUBLISH, on one channel for each topic, in a Cluster too (not sharded, which Redis 6.2 and ioredis 5 do not have). Who subscribes is heard on a second connection, which the first
 * one opens and the last one closes. After it was lost all are woken, since messages went by. `prefix` is what all channels begin with, whole: ioredis puts none before channels.
 */
export function redisNotifier(connection: LazyConnection, prefix: string): RedisNotifier {
  const listeners = new Map<string, Set<() => void>>();
  let subscriber: Promise<RedisSubscriber | undefined> | undefined;
  let closed = false;
  const channelOf = (topic: string): string => `${prefix}!${encodeId(topic)}`;
  const wake = (channels: Iterable<string>): void => {
    for (const channel of channels) for (const one of listeners.get(channel) ?? []) one();
  };
  const open = (): Promise<RedisSubscriber> =>
    connection.use(async ({ client }) => {
      const second = client.duplicate();
      // What goes wrong here costs time and no event: followers look by themselves.
      second.on("error", () => undefined);
      second.on("message", (channel) => wake([String(channel)]));
      for (const gap of gaps) second.on(gap, () => void hear(second, [...listeners.keys()]));
      return second;
    });
  /** Subscribes, at each reconnection too: the client's owner may have switched off that it does so by itself, or the first try may have failed. */
  const hear = async (one: RedisSubscriber | undefined, channels: string[]): Promise<void> => {
    try {
      if (channels.length > 0) await one?.subscribe(...channels);
    } catch {}
    // Whoever looked before the channel was open may have missed a message.
    wake(channels);
  };
  const shut = (): void => {
    void subscriber?.then((one) => one?.disconnect());
    subscriber = undefined;
  };
  return {
    reach: "storage",
    async publish(topic) {
      try {
        await connection.use(({ sender }) => sender.ask("publish", [channelOf(topic), ""]));
      } catch {}
    },
    subscribe(topic, one) {
      const own = (): void => one();
      const channel = channelOf(topic);
      const known = listeners.get(channel);
      listeners.set(channel, (known ?? new Set()).add(own));
      if (!known && !closed) {
        subscriber ??= open().catch(() => undefined);
        void subscriber.then((second) => hear(second, [channel]));
      }
      return () => {
        const all = listeners.get(channel);
        if (!all?.delete(own) || all.size > 0) return;
        listeners.delete(channel);
        if (listeners.size === 0) shut();
        else void subscriber?.then((other) => other?.unsubscribe(channel)).catch(() => undefined);
      };
    },
    close() {
      closed = true;
      listeners.clear();
      shut();
    },
  };
}

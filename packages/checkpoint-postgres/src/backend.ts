import { checkGiven, type Backend, type BackendLimits } from "@perdure/checkpoint-core";
import { convoyOf } from "./convoy.ts";
import { connectionSettings } from "./driver.ts";
import { CONNECT_MS } from "./location.ts";
import { postgresNotifier } from "./notifier.ts";
import { checkedOptions, type PostgresBackendOptions } from "./options.ts";
import { readRecords, readStatements, scanPage } from "./read.ts";
import { createSchema, verifySchema } from "./schema.ts";
import { openSession } from "./session.ts";
import { dropPartition, waysOf, writeBatch, writeStatements } from "./write.ts";

const limits: BackendLimits = {
  maxValueBytes: 16 * 1024 * 1024,
  maxKeyBytes: 1024,
  maxWrites: 1000,
  maxWriteBytes: 64 * 1024 * 1024,
  maxReadKeys: 1000,
};

const polls =
  "There is no `listenUrl`: followers of streams in other processes look by themselves, at least once a second.";

/**
 * A backend in a schema of a Postgres database, which any number of processes may use at once. The server is not asked before the first use: one that cannot be reached is told by `setup`, or by
 * the first verb. Throws `INVALID_ARGUMENT` for options that cannot be, or that nobody knows.
 */
export function postgresBackend(options: PostgresBackendOptions): Backend {
  checkGiven("postgresBackend", options);
  const { place, names, durable, waitMs, prepare, listenUrl, report } = checkedOptions(options);
  const session = openSession(place, { prepare, waitMs });
  const reads = readStatements(names);
  const writes = writeStatements(names);
  const convoy = convoyOf(waysOf(session, writes));
  const notifier =
    listenUrl === undefined
      ? undefined
      : postgresNotifier({
          session,
          settings: connectionSettings(listenUrl, CONNECT_MS),
          channel: names.channel,
        });
  return {
    name: "postgres",
    limits,
    ...(notifier ? { notifier } : {}),
    setup: (mode) =>
      (mode === "verify" ? verifySchema : createSchema)(session, names, (server) =>
        report?.(listenUrl === undefined ? { ...server, notes: [...server.notes, polls] } : server),
      ),
    read: (name, keys, now) => readRecords(session, reads, name, keys, now),
    scan: (name, range, now) => scanPage(session, reads, name, range, now),
    async write(name, batch) {
      return { revision: await writeBatch(convoy, name, batch, durable) };
    },
    drop: (name, now, held) => dropPartition(session, writes, name, now, held, durable),
    async [Symbol.asyncDispose]() {
      notifier?.close();
      await convoy.close();
      await session.close();
    },
  };
}

import {
  cut,
  type Drill,
  type Fault,
  freeze,
  killServer,
  killWriters,
  losses,
  type Scale,
  type Stand,
  swallow,
  TIMEOUT_MS,
  underLoad,
} from "@perdure/drills";
import { type OwnServer, pgbouncer } from "@perdure/engines";
import type { PostgresBackendOptions } from "@perdure/checkpoint-postgres";
import {
  holdLocks,
  killBackend,
  killBouncer,
  restartServer,
  terminateBusy,
  terminateIdle,
} from "./faults.ts";
import { frail, freshSchema, placeOf, withQuery } from "./places.ts";

/** Whatever dies under load: writers, the server or one of its processes, connections, the pooler; and what merely stands still. */
export function crashes({ server, way }: Stand, scale: Scale): readonly Drill[] {
  const { writers, servers, connections, slow, load } = scale;
  const under = (
    fault: Fault,
    times: number,
    options: Partial<PostgresBackendOptions> = {},
    who: Scale["load"] = load,
  ): Drill => [
    fault.what,
    async (seed) => {
      const schema = await freshSchema(server.url);
      const given = { url: server.url, schema, ...options } as PostgresBackendOptions;
      return underLoad(fault, times, { ...placeOf(given), seed, ...who });
    },
  ];
  const impatient = `${TIMEOUT_MS}`;
  const url = withQuery(server.url, { query_timeout: impatient });
  return [
    // Fewer clients: what they write while the next process starts is all read again.
    under(killWriters, writers, {}, load ?? { processes: 4, clients: 1 }),
    under(killServer(server), servers),
    under(restartServer(server, "fast"), slow),
    under(restartServer(server, "immediate"), slow),
    under(killBackend(server), slow),
    under(terminateBusy(server), connections),
    under(terminateIdle(server), connections),
    under(cut(way), connections, { url: way.url }),
    under(swallow(way), connections, { url: way.url }),
    under(freeze(server, `timeouts of ${TIMEOUT_MS} ms`), slow, { url, connectMs: TIMEOUT_MS }),
    under(serializable(cut(way)), connections, {
      url: withQuery(way.url, { options: "-c default_transaction_isolation=serializable" }),
    }),
    ...(["lock_timeout", "statement_timeout"] as const).map((timeout) => locked(timeout, slow)),
    bounced(server, servers, load),
    lossless(slow),
    lossy(slow),
  ];

  function locked(timeout: "lock_timeout" | "statement_timeout", times: number): Drill {
    const { what } = holdLocks(server, "", timeout);
    return [
      what,
      async (seed) => {
        const schema = await freshSchema(server.url);
        const place = placeOf({ url: withQuery(server.url, { [timeout]: impatient }), schema });
        return underLoad(holdLocks(server, schema, timeout), times, { ...place, seed, ...load });
      },
    ];
  }
}

function bounced(server: OwnServer, times: number, load: Scale["load"]): Drill {
  return [
    "kill -9 of pgbouncer",
    async (seed) => {
      await using bouncer = await pgbouncer(server.url);
      const schema = await freshSchema(server.url);
      const place = placeOf({ url: bouncer.url, schema });
      return await underLoad(killBouncer(bouncer), times, { ...place, seed, ...load });
    },
  ];
}

/** The same fault where sessions begin SERIALIZABLE. */
function serializable(fault: Fault): Fault {
  return { ...fault, what: `${fault.what}, sessions SERIALIZABLE by default` };
}

const whenOff = "kill -9 of the server, synchronous_commit off";

function lossless(times: number): Drill {
  const what = `${whenOff}: our \`durability: "full"\` (default) turns it on for its writes`;
  return [
    what,
    (seed) => losses({ what, may: false }, times, { seed, fresh: () => frail("full") }),
  ];
}

function lossy(times: number): Drill {
  const what = `${whenOff}, our \`durability: "server"\` leaves it so`;
  return [
    what,
    (seed) => losses({ what, may: true }, times, { seed, fresh: () => frail("server") }),
  ];
}

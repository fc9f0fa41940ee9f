import { type Backend, createStore, type Store, type Write } from "@perdure/checkpoint-core";
import { operation, startConversation, THREAD } from "../conversation.ts";
import type { Engine } from "../engines/engine.ts";
import { type Alternative, interleaved } from "../measure.ts";
import { newMessage } from "../message.ts";
import type { Row } from "../table.ts";
import { held, type Promised, promises } from "./promises.ts";

/**
 * Enough for both logs of SQLite to have been filled and begun anew once (until then every commit makes its file longer), and for the engine of JavaScript to have compiled what it will: after 700
 * rounds our code in front of a write takes twice what it takes after 3,000.
 */
const ROUNDS = { warmUp: 4000, repetitions: 1000 };

/** One message after the other, in every way there is, each side by side with the driver inserting the same message into a table of its own. */
export async function writes(engine: Engine): Promise<Row[]> {
  const raw = await (await engine.space()).raw?.();
  if (raw === undefined) return [];
  const insert: Alternative = () => raw.insert(THREAD, JSON.stringify(newMessage()));
  const row = async (what: string, ours: Alternative, promised?: Promised): Promise<Row> => {
    const took = await interleaved({ ours, insert }, ROUNDS);
    return { what, ours: took.ours, raw: took.insert, unit: "µs", ...held(promised) };
  };
  const store = createStore({ backend: (await engine.space()).backend() });
  await store.setup();
  const alone = (await engine.space()).backend();
  const { append, historyAppend } = promises[engine.name];
  return [
    await row("append, p50, against a raw insert", await appender(store), append),
    await row("history append, p50, against a raw insert", historian(store), historyAppend),
    await row("by hand on the driver: an insert that can be tried again", (repetition) =>
      raw.insertOnce(THREAD, JSON.stringify(newMessage()), operation(repetition)),
    ),
    await row("backend alone: a write of one record", await writer(alone, 1)),
    await row("backend alone: a write of three records", await writer(alone, 3)),
  ];
}

async function appender(store: Store): Promise<Alternative> {
  const conversation = await startConversation(store);
  return () => conversation.append(newMessage());
}

function historian(store: Store): Alternative {
  return (repetition) =>
    store.history.append("history-1", [{ value: newMessage() }], {
      operationId: operation(repetition),
    });
}

/** Batches as an append makes them: the message, a small record that is replaced, a small one that is new. */
async function writer(backend: Backend, records: 1 | 3): Promise<Alternative> {
  await backend.setup("create");
  const small = new Uint8Array(60).fill(120);
  return async (repetition) => {
    const value = new TextEncoder().encode(JSON.stringify(newMessage()));
    const all: Write[] = [
      { op: "append", prefix: "c/", value },
      { op: "put", key: "h", value: small, expect: "any" },
      { op: "put", key: `o/c-append//${operation(repetition)}`, value: small, expect: "absent" },
    ];
    await backend.write(`records-${records}`, { writes: all.slice(0, records), now: 0 });
  };
}

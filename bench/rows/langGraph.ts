import { createStore } from "@perdure/checkpoint-core";
import { THREAD } from "../conversation.ts";
import type { Engine } from "../engines/engine.ts";
import { interleaved } from "../measure.ts";
import { type Message, newMessage } from "../message.ts";
import { inLangGraph } from "../peers/langgraph.ts";
import { putting } from "../peers/ours.ts";
import type { Row } from "../table.ts";
import { held, promises } from "./promises.ts";

/** Messages before the first put that counts, and puts: around 200 messages. */
const ROUNDS = { warmUp: 150, repetitions: 100 };

/** Whole-state puts of a growing thread, around its 200th message, against those of LangGraph's saver. */
export async function langGraph(engine: Engine): Promise<Row[]> {
  const saver = await (await engine.space()).langGraph?.();
  if (saver === undefined) return [];
  const store = createStore({ backend: (await engine.space()).backend() });
  await store.setup();
  const ours = putting(store, THREAD);
  const theirs = inLangGraph(saver, THREAD);
  const grown = Array.from({ length: ROUNDS.warmUp + ROUNDS.repetitions }, newMessage);
  const at = (repetition: number): Message[] => grown.slice(0, repetition + 1);
  const took = await interleaved(
    {
      ours: (repetition) => ours.save(at(repetition)),
      theirs: (repetition) => theirs.save(at(repetition)),
    },
    ROUNDS,
  );
  return [
    {
      what: "whole-state put at 200 messages, p50, against LangGraph's",
      ours: took.ours,
      raw: took.theirs,
      unit: "µs",
      ...held(promises[engine.name].langGraph),
    },
  ];
}

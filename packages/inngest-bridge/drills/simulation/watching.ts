import type { RunChunk } from "../../src/index.ts";
import type { Watched } from "./happened.ts";
import { visit } from "./calls.ts";
import type { House } from "./house.ts";

/** Nobody watches for longer than this. */
const PATIENCE_MS = 120_000;

/** Somebody watches a run from its beginning, until it comes to rest, or for as long as they have patience. */
export async function watch(house: House, runId: string): Promise<Watched> {
  const { ledger, stage } = house;
  const life = ledger.runs.get(runId)?.life ?? 0;
  const seen: RunChunk[] = [];
  const watched: Watched = { runId, life, seen, ended: "no" };
  ledger.watched.push(watched);
  try {
    await visit(house, runId, async ({ agent }) => {
      const { fullStream, cleanup } = await agent.observe(runId, house.scope);
      const bored = stage.add(`${runId} is watched no more`, PATIENCE_MS, cleanup);
      for await (const chunk of fullStream) seen.push(chunk);
      stage.remove(bored);
    });
    watched.ended = "itself";
  } catch (error) {
    stage.note(`watching ${runId}: ${String(error)}`);
    watched.ended = "failed";
  }
  return watched;
}

import type { RunChunk } from "../../src/index.ts";
import type { Watched } from "./ledger.ts";
import type { World } from "./world.ts";

/** Nobody watches for longer than this. */
const PATIENCE_MS = 120_000;

/** Somebody watches a run from its beginning, until it comes to rest, or for as long as they have patience. */
export async function watch(world: World, runId: string): Promise<Watched> {
  const { ledger, stage } = world;
  const life = ledger.runs.get(runId)?.life ?? 0;
  const seen: RunChunk[] = [];
  const watched: Watched = { runId, life, seen, ended: "no" };
  ledger.watched.push(watched);
  try {
    await world.outside(runId, async ({ agent }) => {
      const { fullStream, cleanup } = await agent.observe(runId);
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

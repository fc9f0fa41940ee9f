import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findEngines } from "./engines/found.ts";
import { type Contender, contenders } from "./peers/contender.ts";
import { depths, growing } from "./peers/growing.ts";
import { markdown } from "./peers/markdown.ts";
import { plot } from "./peers/plot.ts";

/** Keeps one growing thread in our stores, in LangGraph's savers and on the raw drivers, side by side, and writes `peers.md` and `peers.svg`. */
await using opened = new AsyncDisposableStack();
const folder = opened.adopt(await mkdtemp(join(tmpdir(), "perdure-peers-")), (it) =>
  rm(it, { recursive: true }),
);
const found = opened.use(await findEngines(folder));
const start = async (): Promise<Contender[]> =>
  (await Promise.all(found.engines.map(contenders))).flat();
// Another thread before it, so that what is measured is a warm process.
await growing(await start(), [150]);
const points = await growing(await start(), depths);

const page = markdown(points, found);
await writeFile(join(import.meta.dirname, "peers.md"), page);
await writeFile(join(import.meta.dirname, "peers.svg"), plot(points));
console.log(page);

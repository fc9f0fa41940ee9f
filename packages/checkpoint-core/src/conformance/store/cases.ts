import { createStore } from "../../store/store.ts";
import type { BackendSubject } from "../backend/subject.ts";
import type { Case } from "../case.ts";
import { checkpointerCases } from "../checkpoints/cases.ts";
import { historyStoreCases } from "../history/storeCases.ts";
import { memoryStoreCases } from "../memory/storeCases.ts";
import { amendedRuns } from "./amendments.ts";
import { storedApprovals } from "./approvals.ts";
import { storedAttempts } from "./attempts.ts";
import { type Bench, type OpenStore, onBench, type StoreCase } from "./bench.ts";
import { storedBeside } from "./beside.ts";
import { storedCheckpoints } from "./checkpoints.ts";
import { storedDeletions } from "./deletions.ts";
import { storedEffects } from "./effects.ts";
import { storedForgotten } from "./forgotten.ts";
import { storedErasures } from "./erasures.ts";
import { storedForks } from "./forks.ts";
import { storedIdentities } from "./identities.ts";
import { storedLargeValues } from "./largeValues.ts";
import { storedLeasedEffects } from "./leasedEffects.ts";
import { storedLives } from "./lives.ts";
import { storedMemories } from "./memories.ts";
import { storedCopies } from "./moving.ts";
import { storedNeighbours } from "./neighbours.ts";
import { storedOwners } from "./owners.ts";
import { storedOwnIds } from "./ownIds.ts";
import { storedRefusals } from "./refusals.ts";
import { storedResumes } from "./resumes.ts";
import { storedRetention } from "./retention.ts";
import { storedRunLists } from "./runLists.ts";
import { storedRuns } from "./runs.ts";
import { storedSealed } from "./sealed.ts";
import { storedStreamLives } from "./streamLives.ts";
import { storedStreams } from "./streams.ts";
import { storedStrictly } from "./strict.ts";
import { storedLists } from "./threadLists.ts";
import { storedThreads } from "./threads.ts";

const stored: readonly StoreCase[] = [
  ...storedCopies,
  ...storedCheckpoints,
  ...storedRetention,
  ...storedBeside,
  ...storedForks,
  ...storedOwnIds,
  ...storedThreads,
  ...storedLists,
  ...storedDeletions,
  ...storedErasures,
  ...storedOwners,
  ...storedLives,
  ...storedIdentities,
  ...storedRefusals,
  ...storedRuns,
  ...storedResumes,
  ...amendedRuns,
  ...storedNeighbours,
  ...storedMemories,
  ...storedEffects,
  ...storedLeasedEffects,
  ...storedAttempts,
  ...storedStreams,
  ...storedStreamLives,
  ...storedStrictly,
  ...storedRunLists,
  ...storedApprovals,
  ...storedForgotten,
  ...storedLargeValues,
  ...storedSealed,
];

/** Which stores the cases run on. */
export interface StoreCaseOptions {
  /** Makes the store over the subject's backend; `createStore` when not given. */
  readonly open?: OpenStore;
}

/**
 * What stores promise above a backend: the cases of checkpointers and of histories on their own checkpoints and history, and those of scopes, threads, commits,
 * runs and approvals. They prove that nothing of it rests on one engine's ways.
 */
export function storeCases({
  open = createStore,
}: StoreCaseOptions = {}): readonly Case<BackendSubject>[] {
  return [
    ...stored.map((make) => make(open)),
    ...checkpointerCases().map((one) =>
      over(one, open, ({ here, there }) => ({
        checkpointer: here({ at: Date.now() }).checkpoints,
        another: () => Promise.resolve(there({ at: Date.now() }).checkpoints),
      })),
    ),
    ...historyStoreCases().map((one) =>
      over(one, open, ({ here, there }) => ({
        history: here().history,
        another: () => Promise.resolve(there().history),
        as: (user: string) => Promise.resolve(there({ scope: { user } }).history),
      })),
    ),
    ...memoryStoreCases().map((one) =>
      over(one, open, ({ here, there }) => ({
        memory: here().memory,
        another: () => Promise.resolve(there().memory),
        as: (user: string) => Promise.resolve(there({ scope: { user } }).memory),
      })),
    ),
  ];
}

/** A case on a part of a store, as one on the backend below it. */
function over<S>(one: Case<S>, open: OpenStore, part: (bench: Bench) => S): Case<BackendSubject> {
  return {
    id: one.id,
    title: one.title,
    run: (subject) => onBench(subject, open, (bench) => one.run(part(bench))),
  };
}

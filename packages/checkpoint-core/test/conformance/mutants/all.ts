import { AgentResult } from "@inngest/agent-kit";
import { memoryBackend } from "@perdure/checkpoint-core";
import {
  backendCases,
  type Case,
  type ConformanceFailure,
  checkpointerCases,
  historyConfigCases,
  historyStoreCases,
  linearizabilityCases,
  memoryStoreCases,
  runCase,
  storeCases,
} from "../../../src/conformance/index.ts";
import { checkpointerMutants } from "./checkpointers.ts";
import { checkpointValueMutants } from "./checkpointValues.ts";
import { companyMutants } from "./company.ts";
import { dropRaceMutants } from "./dropRaces.ts";
import { historyMutants } from "./histories.ts";
import { historyConfigMutants } from "./historyConfigs.ts";
import { historyHalfMutants } from "./historyHalves.ts";
import { historyHeldMutants } from "./historyHeld.ts";
import { historyRewriteMutants } from "./historyRewrites.ts";
import { limitMutants } from "./limits.ts";
import { linearizabilityMutants } from "./linearizability.ts";
import { lifeMutants } from "./lives.ts";
import { memoryHalfMutants } from "./memoryHalves.ts";
import { memoryReadMutants } from "./memoryReads.ts";
import { memoryWriteMutants } from "./memoryWrites.ts";
import type { Mutant } from "./mutant.ts";
import { readMutants } from "./reads.ts";
import { amendmentMutants } from "./storeAmendments.ts";
import { approvalMutants } from "./storeApprovals.ts";
import { attemptMutants } from "./storeAttempts.ts";
import { deletionMutants } from "./storeDeletions.ts";
import { doorMutants, sealingMutants } from "./storeDoors.ts";
import { effectMutants } from "./storeEffects.ts";
import { forgottenMutants } from "./storeForgotten.ts";
import { forkMutants } from "./storeForks.ts";
import { storeLifeMutants } from "./storeLives.ts";
import { storeMemoryMutants } from "./storeMemories.ts";
import { movingMutants } from "./storeMoving.ts";
import { nameMutants } from "./storeNames.ts";
import { ownerMutants } from "./storeOwners.ts";
import { ownIdMutants } from "./storeOwnIds.ts";
import { resumeMutants } from "./storeResumes.ts";
import { expiryMutants, retentionMutants } from "./storeRetention.ts";
import { runMutants } from "./storeRuns.ts";
import { streamMutants } from "./storeStreams.ts";
import { strictMutants } from "./storeStrict.ts";
import { storeMutants } from "./stores.ts";
import { threadMutants } from "./storeThreads.ts";
import { valueMutants } from "./values.ts";
import { writeMutants } from "./writes.ts";

/** A mutant with the case that must kill it. */
export interface Trial {
  /** What kind of thing is broken. */
  readonly of: string;
  readonly id: string;
  readonly does: string;
  readonly killedBy: string;
  /** Runs the named case on a fresh mutant: its failure, or `undefined` when the mutant lives or no case has the name. */
  readonly run: () => Promise<ConformanceFailure | undefined>;
}

/** Every mutant that is kept, with its case. */
export const trials: readonly Trial[] = [
  ...trialsOf(
    "backend",
    [
      ...writeMutants,
      ...companyMutants,
      ...readMutants,
      ...lifeMutants,
      ...dropRaceMutants,
      ...valueMutants,
      ...expiryMutants,
      ...limitMutants,
    ],
    backendCases({ raceRounds: 5, model: { runs: 300, seed: 1 } }),
  ),
  ...trialsOf(
    "backend with many clients",
    linearizabilityMutants,
    linearizabilityCases({ seed: 1 }),
  ),
  ...trialsOf(
    "checkpointer",
    [...checkpointerMutants, ...checkpointValueMutants],
    checkpointerCases(),
  ),
  ...trialsOf("history of AgentKit", historyConfigMutants, historyConfigCases({ AgentResult })),
  ...trialsOf(
    "history",
    [...historyMutants, ...historyRewriteMutants, ...historyHeldMutants, ...historyHalfMutants],
    historyStoreCases(),
  ),
  ...trialsOf(
    "memory",
    [...memoryWriteMutants, ...memoryReadMutants, ...memoryHalfMutants],
    memoryStoreCases(),
  ),
  ...[
    ...doorMutants,
    ...sealingMutants,
    ...storeMutants,
    ...forkMutants,
    ...ownIdMutants,
    ...ownerMutants,
    ...storeLifeMutants,
    ...threadMutants,
    ...deletionMutants,
    ...nameMutants,
    ...runMutants,
    ...resumeMutants,
    ...amendmentMutants,
    ...retentionMutants,
    ...effectMutants,
    ...attemptMutants,
    ...streamMutants,
    ...strictMutants,
    ...storeMemoryMutants,
    ...approvalMutants,
    ...forgottenMutants,
    ...movingMutants,
  ].map(({ id, does, killedBy, open }) => ({
    of: "store",
    id,
    does,
    killedBy,
    run: async () => {
      const one = storeCases({ open }).find((each) => each.id === killedBy);
      return one && (await runCase(one, () => Promise.resolve({ backend: memoryBackend() })));
    },
  })),
];

function trialsOf<S>(
  of: string,
  mutants: readonly Mutant<S>[],
  cases: readonly Case<S>[],
): readonly Trial[] {
  return mutants.map((mutant) => {
    const { id, does, killedBy } = mutant;
    const one = cases.find((each) => each.id === killedBy);
    const run: Trial["run"] = async () => one && (await runCase(one, () => mutant.create()));
    return { of, id, does, killedBy, run };
  });
}

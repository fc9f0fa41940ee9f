import type { Case } from "../case.ts";
import { appends } from "./appends.ts";
import { atomicWrites } from "./atomicWrites.ts";
import { company } from "./company.ts";
import { dropRaces } from "./dropRaces.ts";
import { drops } from "./drops.ts";
import { expectations } from "./expectations.ts";
import { expiry } from "./expiry.ts";
import { failures } from "./failures.ts";
import { keyOrder } from "./keyOrder.ts";
import { modelCase, type ModelOptions } from "./model.ts";
import { partitions } from "./partitions.ts";
import { races } from "./races.ts";
import { readiness } from "./readiness.ts";
import type { BackendSubject } from "./subject.ts";
import { visibility } from "./visibility.ts";

/** How much work the longer cases do. */
export interface BackendCaseOptions {
  /** Rounds of each race of 64 writers. 20 when not given. */
  readonly raceRounds?: number;
  /** The search of the model-based case. */
  readonly model?: ModelOptions;
}

/** A case for each clause of each of the nine laws of the backend contract, and one that compares with the reference backend. */
export function backendCases({
  raceRounds = 20,
  model = {},
}: BackendCaseOptions = {}): readonly Case<BackendSubject>[] {
  return [
    ...atomicWrites,
    ...expectations,
    ...company,
    ...races(raceRounds),
    ...appends,
    ...visibility,
    ...partitions,
    ...keyOrder,
    ...expiry,
    ...drops,
    ...dropRaces,
    ...failures,
    ...readiness,
    modelCase(model),
  ];
}

import { randomUUID } from "node:crypto";
import { broken, type StoreMutant } from "./brokenStore.ts";

/** Stores that replace a run's input wrongly. */
export const amendmentMutants: readonly StoreMutant[] = [
  broken(
    "amends-nothing",
    "says that a run's input was replaced, and leaves it",
    "amended-input",
    ({ runs }) => ({
      runs: {
        ...runs,
        async amend(runId, { revision }) {
          const run = await runs.get(runId);
          if (!run) throw new Error("There is no such run.");
          return { amended: true, revision, run };
        },
      },
    }),
  ),
  broken(
    "amends-what-is-there",
    "replaces a run's input whatever has happened to it since it was read",
    "amend-as-read",
    ({ runs }) => ({
      runs: {
        ...runs,
        async amend(runId, options) {
          const { revision } = (await runs.get(runId)) ?? options;
          return runs.amend(runId, { ...options, revision });
        },
      },
    }),
  ),
  broken(
    "amends-without-identity",
    "takes a retry of an amendment for another one",
    "amend-as-read",
    ({ runs }) => ({
      runs: {
        ...runs,
        amend: (runId, options) => runs.amend(runId, { ...options, operationId: randomUUID() }),
      },
    }),
  ),
];

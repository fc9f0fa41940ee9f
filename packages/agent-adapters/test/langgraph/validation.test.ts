import { deltaChannelHistoryTests, specTest } from "@langchain/langgraph-checkpoint-validation";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  it,
  test,
} from "vitest";
import { LangGraphSaver } from "../../src/langgraph/index.ts";
import { inFile, inMemory, onServer, type OwnStore } from "./places.ts";

// LangGraph's own suite for checkpointers, with its tests of delta channels. It takes its words from the global scope.
Object.assign(globalThis, { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it });

const places: Readonly<Record<string, () => Promise<OwnStore>>> = {
  memory: inMemory,
  sqlite: inFile,
  postgres: () => onServer("postgres", inject("postgresUrl")),
  redis: () => onServer("redis", inject("redisUrl")),
  dynamodb: () => onServer("dynamodb", inject("dynamodbUrl")),
};

const leftOut: Readonly<Partial<Record<string, string>>> = inject("leftOut");

for (const [engine, open] of Object.entries(places)) {
  const reason = leftOut[engine];
  if (reason === undefined) validate(engine, open);
  else test.skip(`LangGraph's suite on ${engine} (left out: ${reason})`, () => {});
}

/** The tests of the suite, of the version that the package names. */
const WHOLE = 726;

function validate(engine: string, open: () => Promise<OwnStore>): void {
  let own: OwnStore | undefined;
  let savers = 0;
  const initializer = {
    checkpointerName: `LangGraphSaver on ${engine}`,
    createCheckpointer: async () => {
      own ??= await open();
      savers += 1;
      // What one saver keeps, another must not list.
      return new LangGraphSaver(own.store.for({ tenant: `tenant-${savers}` }));
    },
  };
  let ran = 0;
  describe(engine, () => {
    afterEach(() => {
      ran += 1;
    });
    specTest(initializer);
    deltaChannelHistoryTests(initializer);
    test("these are all of them", () => {
      expect(ran).toBe(WHOLE);
    });
    afterAll(async () => own?.[Symbol.asyncDispose]());
  });
}

import { memoryBackend } from "../../src/backend/memory.ts";
import { backendSuite, storeSuite } from "../../src/conformance/vitest.ts";

backendSuite("memory", {
  create: () => Promise.resolve({ backend: memoryBackend() }),
  raceRounds: 100,
  model: { runs: 200 },
});

storeSuite("stores over memory", {
  create: () => Promise.resolve({ backend: memoryBackend() }),
});

import { memoryBackend } from "../../src/backend/memory.ts";
import { backendSuite } from "../../src/conformance/vitest.ts";

backendSuite("memory", {
  create: () => Promise.resolve({ backend: memoryBackend() }),
  raceRounds: 100,
  model: { runs: 200 },
});

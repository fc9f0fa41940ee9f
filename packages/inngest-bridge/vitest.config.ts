import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "inngest-bridge", // Tests that start processes take longer on a busy machine than a hung one should.
    testTimeout: 30_000,
    // Many short files: they share what a worker has loaded.
    isolate: false,
    include: ["test/**/*.test.ts"],
    globalSetup: ["@perdure/engines/setup"],
  },
});

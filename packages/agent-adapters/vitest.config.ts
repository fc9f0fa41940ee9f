import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "agent-adapters", // Tests that start processes take longer on a busy machine than a hung one should.
    testTimeout: 30_000,
    // Loading the frameworks took longer than most files: they share what a worker has loaded.
    isolate: false,
    include: ["test/**/*.test.ts"],
    globalSetup: ["@perdure/engines/setup"],
  },
});

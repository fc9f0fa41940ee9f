import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "agent-adapters", // Tests that start processes take longer on a busy machine than a hung one should.
    testTimeout: 30_000,
    include: ["test/**/*.test.ts"],
    globalSetup: ["@perdure/engines/setup"],
  },
});

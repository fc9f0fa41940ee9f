import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "checkpoint-dynamodb",
    // Tests that start processes take longer on a busy machine than a hung one should.
    testTimeout: 60_000,
    include: ["test/**/*.test.ts"],
    // The others are copied from and to.
    globalSetup: ["@perdure/engines/setup"],
  },
});

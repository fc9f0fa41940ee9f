import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "support-agent",
    include: ["test/**/*.test.ts"],
    globalSetup: ["@perdure/engines/setup"],
  },
});

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "chat-page",
    include: ["test/**/*.test.ts"],
    globalSetup: ["@perdure/engines/setup/chromium"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

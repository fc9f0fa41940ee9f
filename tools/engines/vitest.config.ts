import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "engines", // Servers come up slowly on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    include: ["test/**/*.test.ts"],
    globalSetup: ["./src/setup.ts"],
  },
});

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "checkpoint-sqlite", include: ["test/**/*.test.ts"] },
});

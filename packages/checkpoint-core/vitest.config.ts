import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "checkpoint-core", include: ["test/**/*.test.ts"] } });

import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "mastra", include: ["test/**/*.test.ts"] } });

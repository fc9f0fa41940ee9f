import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "langgraph-desk", include: ["test/**/*.test.ts"] } });

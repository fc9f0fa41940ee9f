import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "openai-agents", include: ["test/**/*.test.ts"] } });

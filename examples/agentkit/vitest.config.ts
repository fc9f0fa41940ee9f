import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "agentkit", include: ["test/**/*.test.ts"] } });

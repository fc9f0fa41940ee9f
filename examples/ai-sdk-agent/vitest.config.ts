import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "ai-sdk-agent", include: ["test/**/*.test.ts"] } });

import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "memory-agent", include: ["test/**/*.test.ts"] } });

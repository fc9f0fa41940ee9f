import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "research-agent", include: ["test/**/*.test.ts"] } });

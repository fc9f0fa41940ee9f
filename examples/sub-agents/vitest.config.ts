import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "sub-agents", include: ["test/**/*.test.ts"] } });

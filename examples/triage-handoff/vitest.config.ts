import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "triage-handoff", include: ["test/**/*.test.ts"] } });

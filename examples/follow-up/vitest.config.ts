import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "follow-up", include: ["test/**/*.test.ts"] } });

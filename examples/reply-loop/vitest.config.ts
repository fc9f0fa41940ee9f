import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "reply-loop", include: ["test/**/*.test.ts"] } });

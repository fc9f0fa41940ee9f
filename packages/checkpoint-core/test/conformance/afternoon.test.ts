import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backendSuite } from "@perdure/checkpoint-core/conformance/vitest";
import { fileBackend } from "./fileBackend.ts";

backendSuite("file", {
  async create() {
    const folder = await mkdtemp(join(tmpdir(), "perdure-"));
    return {
      backend: fileBackend({ folder }),
      another: async () => fileBackend({ folder }),
      dispose: () => rm(folder, { recursive: true }),
    };
  },
});

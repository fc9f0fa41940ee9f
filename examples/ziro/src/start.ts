import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { demo } from "./demo.ts";

const folder = mkdtempSync(join(tmpdir(), "ziro-"));
try {
  await demo(join(folder, "agents.db"), (line) => process.stdout.write(`${line}\n`));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

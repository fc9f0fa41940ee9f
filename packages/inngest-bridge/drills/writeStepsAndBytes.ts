import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { page } from "./stepsAndBytes.ts";

await writeFile(join(import.meta.dirname, "../../../docs/steps-and-bytes.md"), await page());

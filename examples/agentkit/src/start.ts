import { demo } from "./demo.ts";

await demo((line) => process.stdout.write(`${line}\n`));

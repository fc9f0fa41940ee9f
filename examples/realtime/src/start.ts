import { demo } from "./demo.ts";

// The URL of a dev server; without it Inngest is in this process.
await demo((line) => process.stdout.write(`${line}\n`), process.env["INNGEST_DEV"]);

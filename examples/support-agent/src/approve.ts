// A process of its own, as an approval screen would be: records a decision, and wakes the run.
// usage: approve.ts <thread> <approval> <who> <surroundings>
import { supportAgent, surroundingsFrom } from "./agent.ts";

const [threadId = "", approvalId = "", by = "", surroundings] = process.argv.slice(2);
const { store, support } = await supportAgent(surroundingsFrom(surroundings));
const { counted, approval } = await support.approve({ threadId, approvalId, by });
process.stdout.write(`${JSON.stringify({ counted, status: approval.status, by: approval.by })}\n`);
await store[Symbol.asyncDispose]();

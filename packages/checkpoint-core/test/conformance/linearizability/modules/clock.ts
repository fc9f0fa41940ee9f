import { machineTime } from "../../../../src/conformance/linearizability/record.ts";

/* Says its time whenever it is asked. */
process.on("message", () => process.send?.(machineTime()));

import { racingClients } from "./linearizability.ts";

/** All drills of this package, one line each; the exit code says whether all passed. */
for await (const { name, passed, line } of racingClients()) {
  console.log(`${passed ? "ok    " : "FAILED"} ${name}: ${line}`);
  if (!passed) process.exitCode = 1;
}

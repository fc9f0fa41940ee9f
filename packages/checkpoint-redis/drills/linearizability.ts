import {
  type LongRun,
  longRun,
} from "../../checkpoint-core/test/conformance/linearizability/longRun.ts";
import { killedServer, withReplica } from "../test/linearizabilityPlaces.ts";

/** Sixteen clients in four processes: with nothing broken; over kill -9 of the server under each durability; and with reads from a replica, which must be noticed. */
export async function* racingClients(): AsyncGenerator<LongRun> {
  const always = { appendonly: "yes", appendfsync: "always" };
  const everysec = { appendonly: "yes", appendfsync: "everysec" };
  const none = { appendonly: "no", save: "" };
  const name = "linearizability";
  yield await longRun(`${name}, always`, "linear.clients", over(always));
  yield await longRun(`${name}, always, killed`, "linear.faults", over(always));
  // What is lost depends on the moment: kill -9 leaves with the system what the server has written, a power cut does not.
  yield await longRun(`${name}, everysec, killed`, "linear.faults", over(everysec), "either");
  yield await longRun(`${name}, no append-only file, killed`, "linear.faults", over(none), "bad");
  yield await longRun(`${name}, reads of a replica`, "linear.clients", withReplica, "bad");
}

function over(settings: Readonly<Record<string, string>>): () => ReturnType<typeof killedServer> {
  return () => killedServer(settings);
}

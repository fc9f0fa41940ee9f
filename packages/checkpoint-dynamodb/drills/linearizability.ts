import {
  type LongRun,
  longRun,
} from "../../checkpoint-core/test/conformance/linearizability/longRun.ts";
import { serverOfItsOwn } from "../test/linearizabilityPlace.ts";

/** Sixteen clients in four processes: with nothing broken, and while connections are cut, answers swallowed, processes killed, and the server stands still at times. */
export async function* racingClients(): AsyncGenerator<LongRun> {
  yield await longRun("linearizability", "linear.clients", serverOfItsOwn);
  yield await longRun("linearizability, broken", "linear.faults", serverOfItsOwn);
}

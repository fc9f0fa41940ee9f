/** Every scenario that is recorded against a real server and replayed against the in-process one. */
import type { Scenario } from "./scenario.ts";
import { cancels } from "./scenarios/cancels.ts";
import { concurrency } from "./scenarios/concurrency.ts";
import { crons } from "./scenarios/crons.ts";
import { events } from "./scenarios/events.ts";
import { failures } from "./scenarios/failures.ts";
import { flow } from "./scenarios/flow.ts";
import { gateways } from "./scenarios/gateways.ts";
import { inputs } from "./scenarios/inputs.ts";
import { limits } from "./scenarios/limits.ts";
import { priority } from "./scenarios/priority.ts";
import { realtimes } from "./scenarios/realtime.ts";
import { signals } from "./scenarios/signals.ts";
import { steps } from "./scenarios/steps.ts";
import { waits } from "./scenarios/waits.ts";

export const scenarios: readonly Scenario[] = [
  ...steps,
  ...failures,
  ...waits,
  ...events,
  ...cancels,
  ...limits,
  ...inputs,
  ...gateways,
  ...signals,
  ...realtimes,
  ...flow,
  ...concurrency,
  ...priority,
  ...crons,
];

import type { BackendSubject } from "../../../src/conformance/index.ts";
import type { Mutant } from "./mutant.ts";
import { lifeMutants } from "./lives.ts";
import { readMutants } from "./reads.ts";
import { valueMutants } from "./values.ts";
import { writeMutants } from "./writes.ts";

/** Every broken backend. */
export const backendMutants: readonly Mutant<BackendSubject>[] = [
  ...writeMutants,
  ...readMutants,
  ...lifeMutants,
  ...valueMutants,
];

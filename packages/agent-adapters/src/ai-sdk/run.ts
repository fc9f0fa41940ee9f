import type { ToolSet } from "ai";
import { AskingPass } from "../run/askingPass.ts";

/** One pass through the SDK's loop, from the run's first turn on. */
export class AiRun extends AskingPass {
  /** The tools as they were given: one without `execute` is carried out elsewhere. */
  elsewhere: ToolSet = {};
}

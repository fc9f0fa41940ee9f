import type { Answer } from "@perdure/checkpoint-core";
import { AskingPass } from "../run/askingPass.ts";
import type { MastraCall } from "./position.ts";

/** One pass through Mastra's loop, from the run's first turn on. */
export class MastraRun extends AskingPass {
  /** What the model has said, turn by turn. */
  readonly answers: Answer[] = [];
  /** What is asked on the calls that wait, as the checkpoint holds it. */
  readonly asked: MastraCall[] = [];

  override nextTurn(): number {
    this.asked.length = 0;
    return super.nextTurn();
  }
}

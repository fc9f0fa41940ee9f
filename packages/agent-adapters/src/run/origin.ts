import { type HeldStep, Thrown } from "@perdure/inngest-bridge/agent";

type Work<T> = (held: HeldStep) => Promise<T>;

/** The work, whose errors are a tool's: the model is told of them when the attempts are used up. */
export function asTool<T>(work: Work<T>): Work<T> {
  return from("tool", work);
}

/** The work, whose errors are a model's: they end the run when the attempts are used up. */
export function asModel<T>(work: Work<T>): Work<T> {
  return from("model", work);
}

function from<T>(origin: "tool" | "model", work: Work<T>): Work<T> {
  return async (held) => {
    try {
      return await work(held);
    } catch (error) {
      throw new Thrown(origin, error);
    }
  };
}

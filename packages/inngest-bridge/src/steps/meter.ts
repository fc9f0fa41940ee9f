import type { InngestStep } from "./inngestStep.ts";
import type { StepTools } from "./tools.ts";

/** How far an execution may go before its run goes on in a new one. */
export interface Limits {
  readonly steps: number;
  readonly stateBytes: number;
}

/**
 * What an execution has used of what Inngest allows it, counted in the order of the code: the same at the same place in every pass, whether a step was kept before or is new. So what is
 * decided by it is decided alike each time.
 */
export class Usage {
  #steps = 0;
  #bytes: number;

  /** `event` is part of what Inngest keeps of the execution. */
  constructor(event: unknown) {
    this.#bytes = bytesOf(event);
  }

  get steps(): number {
    return this.#steps;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A step, and what it gives or throws. */
  async count<T>(step: Promise<T>): Promise<T> {
    this.#steps += 1;
    try {
      const output = await step;
      this.#bytes += bytesOf(output);
      return output;
    } catch (error) {
      this.#bytes += failureBytes(error);
      throw error;
    }
  }
}

/** An execution's usage beside the limits of a run that it works on. */
export class Meter {
  readonly #usage: Usage;
  readonly #limits: Limits;
  readonly #whole: Meter | undefined;
  #hasStored = false;

  constructor(usage: Usage, limits: Limits, whole?: Meter) {
    this.#usage = usage;
    this.#limits = limits;
    this.#whole = whole;
  }

  /** This execution has stored an answer or a result of the run, or of one that works for it. */
  get hasStored(): boolean {
    return this.#hasStored;
  }

  /** An answer or a result has been stored: the execution gets on. */
  stored(): void {
    this.#hasStored = true;
    this.#whole?.stored();
  }

  /**
   * A meter for one of several pieces of work that are under way at the same time: each has its part of what is left, and is counted by itself, so that what is decided by it does not hang on
   * how the others get on.
   */
  part(of: number): { readonly usage: Usage; readonly meter: Meter } {
    const { steps, bytes } = this.#usage;
    const usage = new Usage(undefined);
    const left = {
      steps: Math.max(1, Math.floor((this.#limits.steps - steps) / of)),
      stateBytes: Math.max(1, Math.floor((this.#limits.stateBytes - bytes) / of)),
    };
    return { usage, meter: new Meter(usage, left, this) };
  }

  /** Whether so many steps more would go too far. */
  isNear(more: number): boolean {
    const { steps, bytes } = this.#usage;
    return steps + more >= this.#limits.steps || bytes >= this.#limits.stateBytes;
  }
}

/** The same tools, with each step counted. A step is asked for at once, so those that are made together are found together. */
export function metered(
  usage: Usage,
  step: InngestStep & Pick<StepTools, "run" | "sleep">,
): { readonly tools: StepTools; readonly inngest: InngestStep } {
  return {
    tools: {
      run: async (at, work, ...input) => usage.count(step.run(at, work, ...input)),
      sleep: async (id, ms) => usage.count(step.sleep(id, ms)),
    },
    inngest: {
      sendEvent: async (id, events) => usage.count(step.sendEvent(id, events)),
      invoke: async (id, options) => usage.count(step.invoke(id, options)),
      waitForEvent: async (id, options) => usage.count(step.waitForEvent(id, options)),
    },
  };
}

// What Inngest adds to a step's output: its hash and its place among the steps.
const STEP_BYTES = 64;

function bytesOf(value: unknown): number {
  return STEP_BYTES + Buffer.byteLength(JSON.stringify(value) ?? "");
}

/** What is kept of a failed step: its error with the trace and the cause. */
function failureBytes(error: unknown): number {
  const { name, message, stack, cause } = (error ?? {}) as Readonly<Record<string, unknown>>;
  const own = bytesOf([name, message, stack]);
  return own + (cause instanceof Error ? failureBytes(cause) : bytesOf(cause));
}

/** A request to a provider, as `step.ai.infer` sends it. */
export interface Inference {
  readonly model: {
    readonly url: string;
    readonly authKey: string;
    readonly format: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly body: Readonly<Record<string, unknown>>;
}

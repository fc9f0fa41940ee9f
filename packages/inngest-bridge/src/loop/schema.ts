/** A schema of any library that follows the Standard Schema interface (Zod, Valibot, ArkType). */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Validated<Output> | Promise<Validated<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    /** Where the library can say it as JSON Schema. */
    readonly jsonSchema?: {
      readonly input: (options: { readonly target: "draft-2020-12" }) => Record<string, unknown>;
    };
  };
}

type Validated<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] };

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a tool takes: a schema that checks, or a JSON Schema that is only shown to the model. */
export type Parameters = StandardSchema | Readonly<Record<string, unknown>>;

/** A call's input as the tool gets it, or what is wrong with it. */
export type CheckedInput =
  | { readonly ok: true; readonly input: unknown }
  | { readonly ok: false; readonly problem: string };

/** Checks an input. Without a schema that checks, it must be an object, as tool calls' arguments are. */
export async function checkInput(parameters: Parameters, input: unknown): Promise<CheckedInput> {
  if (!isStandardSchema(parameters)) {
    const isObject = typeof input === "object" && input !== null && !Array.isArray(input);
    return isObject ? { ok: true, input } : { ok: false, problem: "it is not a JSON object" };
  }
  const checked = await parameters["~standard"].validate(input);
  if (checked.issues === undefined) return { ok: true, input: checked.value };
  return { ok: false, problem: checked.issues.map(said).join("; ") };
}

/** The JSON Schema that the model is shown. A library that cannot say it leaves an open object. */
export function shownSchema(parameters: Parameters): Readonly<Record<string, unknown>> {
  if (!isStandardSchema(parameters)) return parameters;
  const { jsonSchema } = parameters["~standard"];
  return jsonSchema?.input({ target: "draft-2020-12" }) ?? { type: "object" };
}

function isStandardSchema(parameters: Parameters): parameters is StandardSchema {
  return "~standard" in parameters;
}

function said({ message, path = [] }: Issue): string {
  const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}

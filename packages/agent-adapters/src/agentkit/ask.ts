import { createAgenticModelFromAiAdapter, type Message } from "@inngest/agent-kit";

type Adapter = Parameters<typeof createAgenticModelFromAiAdapter>[0];

/** A model's question, as AgentKit hands it to `step.ai.infer`. */
export interface Question {
  readonly model: Adapter;
  readonly body: object;
}

/** A question with what the adapter puts into it when it is asked. */
export function readied({ model, body }: Question): Question {
  const own = { ...model };
  const asked = { ...body };
  model.onCall?.(own, asked);
  return { model: own, body: asked };
}

/** What a provider's response says. Throws what AgentKit throws of one that holds an error. */
export function parsed({ model }: Question, raw: unknown): Message[] {
  const { responseParser } = createAgenticModelFromAiAdapter(model);
  return responseParser(raw) ?? [];
}

/** Asks the provider. Throws for a response that is none, with its status and its headers, so that it is tried again when the provider says. */
export async function respond(question: Question, signal: AbortSignal): Promise<unknown> {
  const { model, body } = readied(question);
  const response = await fetch(model.url ?? "", {
    method: "POST",
    headers: { "content-type": "application/json", ...model.headers, ...authorization(model) },
    body: JSON.stringify(body),
    signal,
  });
  if (!response.ok) throw await refusal(response);
  return response.json();
}

/** How each format has its key, as AgentKit sends it. */
function authorization({ format, authKey }: Adapter): Readonly<Record<string, string>> {
  switch (format) {
    case "anthropic":
      return { "x-api-key": authKey, "anthropic-version": "2023-06-01" };
    case "azure-openai":
      return { "api-key": authKey };
    case "gemini":
      return {};
    default:
      return { authorization: `Bearer ${authKey}` };
  }
}

/** Statuses that say "later" rather than "no". */
const LATER = new Set([408, 409, 425, 429]);

async function refusal(response: Response): Promise<Error> {
  const said = (await response.text()).slice(0, 500);
  const error = new Error(`The model answered ${response.status}: ${said}`);
  const isFinal = response.status < 500 && !LATER.has(response.status);
  return Object.assign(error, {
    ...(isFinal ? { name: "NonRetriableError" } : {}),
    status: response.status,
    headers: response.headers,
  });
}

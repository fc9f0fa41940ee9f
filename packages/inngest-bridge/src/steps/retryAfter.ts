/** How deep an error is looked into for the response that it came of. */
const MAX_DEPTH = 5;

/**
 * What a provider asked for in the response of which an error came: so many milliseconds, or then. Read where the SDKs of OpenAI and Anthropic (`headers`), the AI SDK (`responseHeaders`, also of the
 * last try in its `RetryError`) and clients that keep the response (`response.headers`) have it, in the error or in what caused it.
 */
export function providerDelay(error: unknown): number | Date | undefined {
  let at = error;
  for (let depth = 0; depth < MAX_DEPTH && isObject(at); depth += 1) {
    const { headers, responseHeaders, response, lastError, cause } = at;
    const own = isObject(response) ? response["headers"] : undefined;
    for (const given of [headers, responseHeaders, own]) {
      const delay = delayIn(given);
      if (delay !== undefined) return delay;
    }
    at = lastError ?? cause;
  }
  return undefined;
}

/** What headers say: milliseconds where they say them, otherwise seconds, or a date. */
export function delayIn(headers: unknown): number | Date | undefined {
  const exact = header(headers, "retry-after-ms");
  if (DECIMAL.test(exact)) return Math.ceil(Number(exact));
  const said = header(headers, "retry-after");
  if (DECIMAL.test(said)) return Number(said) * 1000;
  const at = new Date(/[a-z]/i.test(said) ? said : "");
  return Number.isNaN(at.getTime()) ? undefined : at;
}

const DECIMAL = /^\d+(\.\d+)?$/;

function header(headers: unknown, wanted: string): string {
  if (!isObject(headers)) return "";
  const said: unknown =
    typeof headers["get"] === "function"
      ? (headers as unknown as Pick<Headers, "get">).get(wanted)
      : Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1];
  return typeof said === "string" || typeof said === "number" ? String(said).trim() : "";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

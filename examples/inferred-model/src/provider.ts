interface Asked {
  readonly messages: readonly { readonly role: string; readonly content: string | null }[];
}

/** In the place of a provider: what it answers to a request of Inngest's server, in the protocol of OpenAI's chat completions. */
export async function scriptedProvider(request: Request): Promise<Response> {
  const { messages } = (await request.json()) as Asked;
  const last = messages.at(-1);
  const call = { name: "forecast", arguments: '{"city":"Basel"}' };
  const message =
    last?.role === "tool"
      ? { role: "assistant", content: `Take an umbrella. ${last.content}.` }
      : {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "c1", type: "function", function: call }],
        };
  const usage = { prompt_tokens: 100, completion_tokens: 10 };
  return Response.json({ model: "gpt-5-mini", choices: [{ message }], usage });
}

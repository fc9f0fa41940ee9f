import { createUIMessageStreamResponse, type UIMessage } from "ai";
import { approvalResponses, toUIMessageStream, uiMessageHistory } from "../../src/ai-sdk/index.ts";
import type { World } from "../world.ts";

/** The routes that `useChat` asks, as the README has them: a message or an answer to a question, what is under way, and what was said. */
export function chatRoutes({ agent, store }: World): (request: Request) => Promise<Response> {
  const answer = async ({ messages, id: threadId }: Sent): Promise<Response> => {
    const last = messages.at(-1);
    if (!last) return new Response(null, { status: 400 });
    const run =
      last.role === "user"
        ? await agent.stream(textOf(last), { threadId, runId: `answer-${last.id}` })
        : await agent.resume(last.id, approvalResponses(last), { threadId });
    return createUIMessageStreamResponse({ stream: toUIMessageStream(run.fullStream) });
  };
  const underWay = async (threadId: string): Promise<Response> => {
    const run = await store.runs.holding(threadId);
    if (!run) return new Response(null, { status: 204 });
    const { fullStream } = await agent.observe(run.id);
    return createUIMessageStreamResponse({ stream: toUIMessageStream(fullStream) });
  };
  return async (request) => {
    const [, threadId = ""] = /^\/api\/chat\/([^/]+)/.exec(new URL(request.url).pathname) ?? [];
    if (request.method === "POST") return answer((await request.json()) as Sent);
    if (request.url.endsWith("/stream")) return underWay(threadId);
    return Response.json(await uiMessageHistory(store).load(threadId));
  };
}

interface Sent {
  readonly id: string;
  readonly messages: readonly UIMessage[];
}

function textOf({ parts }: UIMessage): string {
  return parts.flatMap((part) => (part.type === "text" ? part.text : [])).join("\n");
}

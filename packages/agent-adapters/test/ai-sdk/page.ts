import { useChat } from "@ai-sdk/react";
import {
  DefaultChatTransport,
  isToolUIPart,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  type UIMessage,
} from "ai";
import { createElement, useEffect } from "react";
import { create, type ReactTestRenderer } from "react-test-renderer";

type Chat = ReturnType<typeof useChat>;

/** What stands on a page: each message as its role, and what is shown of its parts. */
export type Shown = readonly (readonly [role: string, ...parts: string[]])[];

/** A page with the SDK's `useChat`, mounted without a browser. */
export interface Page extends Disposable {
  /** The hook as it was rendered last. */
  readonly chat: Chat;
  /** All that has stood on the page, in its order. */
  readonly seen: readonly Shown[];
  readonly shown: Shown;
  /** Resolves as soon as the page is as it is asked to be. */
  until(isSo: (page: Page) => boolean): Promise<void>;
}

/** Opens the page on a chat. Its history is loaded first, as a server does, and what is under way is asked for (`resume`). */
export async function openPage(handle: (request: Request) => Promise<Response>): Promise<Page> {
  const ask = async (url: string, init?: RequestInit): Promise<Response> =>
    handle(new Request(new URL(url, "http://site"), init));
  const messages = (await (await ask("/api/chat/t")).json()) as UIMessage[];
  const transport = new DefaultChatTransport({
    fetch: async (input, init) => ask(input as string, init),
  });
  const seen: Shown[] = [];
  const waiting = new Set<() => void>();
  let chat: Chat | undefined;
  let tree: ReactTestRenderer | undefined;
  function View(): null {
    const now = useChat({
      id: "t",
      messages,
      transport,
      resume: true,
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    });
    useEffect(() => {
      chat = now;
      seen.push(shownOf(now.messages));
      for (const look of waiting) look();
    });
    return null;
  }
  const page: Page = {
    get chat() {
      if (!chat) throw new Error("The page is not there yet.");
      return chat;
    },
    seen,
    get shown() {
      return seen.at(-1) ?? [];
    },
    async until(isSo) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = (): void => {
        if (chat && isSo(page)) resolve();
      };
      waiting.add(look);
      look();
      await promise;
      waiting.delete(look);
    },
    [Symbol.dispose]: () => tree?.unmount(),
  };
  tree = create(createElement(View));
  await page.until(() => true);
  return page;
}

function shownOf(messages: readonly UIMessage[]): Shown {
  return messages.map(({ role, parts }) => [role, ...parts.flatMap(shownPart)]);
}

function shownPart(part: UIMessage["parts"][number]): readonly string[] {
  if (part.type === "text") return [part.text];
  if (!isToolUIPart(part)) return [];
  const gave = part.state === "output-available" ? ` ${JSON.stringify(part.output)}` : "";
  return [`${part.type} ${part.state}${gave}`];
}

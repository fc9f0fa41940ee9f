import { type ToolManifest, useAgents, type UseAgentsReturn } from "@inngest/use-agent";
import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { Asked } from "./question.tsx";

/** The conversations of a user with the desk, and what this page does with them. */
export interface Desk {
  readonly agents: UseAgentsReturn;
  /** How the desk is to answer: sent along with each message, and given back with it. */
  readonly tone: string;
  readonly setTone: (tone: string) => void;
  /** The calls of the shown thread that wait for the user. */
  readonly asked: readonly Asked[];
  /** Begins another thread. It is there once something was said on it. */
  readonly begin: () => void;
  readonly open: (threadId: string) => Promise<void>;
  readonly send: (text: string) => Promise<void>;
  readonly remove: (threadId: string) => Promise<void>;
}

/** The hook of use-agent with what this page adds. The thread is named in the page's address. */
export function useDesk(queryClient: QueryClient): Desk {
  const [tone, setTone] = useState("friendly");
  const [asked, setAsked] = useState<readonly Asked[]>([]);
  const [initialThreadId] = useState(() => decodeURIComponent(location.hash.slice(1)));
  const refresh = useRef<() => void>(undefined);
  const without = (threadId: string): void =>
    setAsked((all) => all.filter((one) => one.threadId !== threadId));
  // oxlint-disable-next-line typescript/no-unnecessary-type-arguments -- one argument means the package's other signature
  const agents = useAgents<ToolManifest, Record<string, unknown>>({
    initialThreadId,
    state: () => ({ tone }),
    onStateRehydrate: (state) => setTone(textOf(state["tone"])),
    onEvent({ event, data }) {
      const one = data as unknown as Asked;
      if (event === "run.started" || event === "run.interrupted") without(one.threadId);
      if (event === "hitl.requested") setAsked((all) => [...all, one]);
      if (event === "stream.ended") refresh.current?.();
    },
  });
  const { currentThreadId, messages } = agents;
  const begin = (): void => {
    history.replaceState(null, "", location.pathname);
    agents.createNewThread();
  };
  refresh.current = () => void agents.refreshThreads();
  useEffect(() => {
    if (initialThreadId === "") begin();
  }, []);
  const isThere = messages.length > 0;
  useEffect(() => {
    if (isThere) history.replaceState(null, "", `#${currentThreadId}`);
  }, [isThere, currentThreadId]);
  return {
    agents,
    tone,
    setTone,
    begin,
    asked: asked.filter(({ threadId }) => threadId === currentThreadId),
    async open(threadId) {
      // The hook would show the messages as they were when it loaded them first.
      queryClient.removeQueries({ queryKey: ["useAgents", "threadHistory", threadId] });
      without(threadId);
      await agents.switchToThread(threadId);
    },
    async send(text) {
      if (currentThreadId === null) return;
      await agents.sendMessageToThread(currentThreadId, text);
      await agents.refreshThreads();
    },
    async remove(threadId) {
      await agents.deleteThread(threadId);
      if (threadId === currentThreadId) begin();
    },
  };
}

/** A value as a text; nothing for what is none. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

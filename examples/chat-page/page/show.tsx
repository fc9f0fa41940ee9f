import { AgentProvider, type DefaultHttpTransport } from "@inngest/use-agent";
import type { LiveAgent } from "@perdure/agent-adapters/use-agent/client";
import { QueryClient } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { Chat } from "./chat.tsx";

/** Shows the page with its way to hear the desk. */
export function show({ transport, channelKey }: LiveAgent<DefaultHttpTransport>): void {
  const queryClient = new QueryClient();
  createRoot(document.querySelector("#root") as Element).render(
    <AgentProvider debug={false} {...{ transport, channelKey, queryClient }}>
      <Chat queryClient={queryClient} />
    </AgentProvider>,
  );
}

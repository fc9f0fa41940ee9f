import { AgentProvider, DefaultHttpTransport } from "@inngest/use-agent";
import { liveAgent } from "@perdure/agent-adapters/use-agent/client";
import { QueryClient } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { Chat } from "./chat.tsx";

const { transport, channelKey } = liveAgent(new DefaultHttpTransport(), { pollMs: 1000 });
const queryClient = new QueryClient();

createRoot(document.querySelector("#root") as Element).render(
  <AgentProvider debug={false} {...{ transport, channelKey, queryClient }}>
    <Chat queryClient={queryClient} />
  </AgentProvider>,
);

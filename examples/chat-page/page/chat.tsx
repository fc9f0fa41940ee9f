import type { QueryClient } from "@tanstack/react-query";
import { type JSX, useState } from "react";
import { Composer } from "./composer.tsx";
import { useDesk } from "./desk.ts";
import { Message } from "./message.tsx";
import { Question } from "./question.tsx";
import { Threads } from "./threads.tsx";

/** A conversation with the desk, beside the list of all. */
export function Chat({ queryClient }: { readonly queryClient: QueryClient }): JSX.Element {
  const { agents, asked, tone, setTone, begin, open, remove, send } = useDesk(queryClient);
  const { threads, currentThreadId, messages, status } = agents;
  const [problem, setProblem] = useState("");
  const attempt = (work: () => Promise<void>): void => {
    setProblem("");
    work().catch((error: Error) => setProblem(error.message));
  };
  return (
    <>
      <Threads
        {...{ threads, currentThreadId }}
        onNew={begin}
        onOpen={(id) => attempt(async () => open(id))}
        onDelete={(id) => attempt(async () => remove(id))}
      />
      <main>
        <ol aria-label="messages">
          {messages.map((message) => (
            <Message
              key={message.id}
              message={message}
              onRestore={() => agents.rehydrateMessageState(message.id)}
            />
          ))}
        </ol>
        {asked.map((one) => (
          <Question
            key={one.requestId}
            asked={one}
            onApprove={() => attempt(async () => agents.approveToolCall(one.requestId))}
            onDeny={(why) => attempt(async () => agents.denyToolCall(one.requestId, why))}
          />
        ))}
        {problem === "" ? null : <p role="alert">{problem}</p>}
        <Composer
          {...{ tone, status }}
          onTone={setTone}
          onSend={(text) => attempt(async () => send(text))}
          onStop={() => attempt(agents.cancel)}
        />
      </main>
    </>
  );
}

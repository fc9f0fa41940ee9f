import { createState, type State, type StateData } from "@inngest/agent-kit";
import { type Message as Entry, savedStateData } from "@perdure/checkpoint-core";
import type { AgentInput } from "@perdure/inngest-bridge/agent";
import { told } from "../run/told.ts";
import { beganIn, type Began } from "./answer.ts";
import { copyOf } from "./data.ts";
import { resultsOf } from "./results.ts";
import type { KitRun } from "./run.ts";

/** What a network is run with, in every pass the same: the thread's history up to the user's message, and the data that the thread had saved. */
export async function conversation(
  run: KitRun,
  asked: AgentInput,
): Promise<{ readonly input: string; readonly state: State<StateData> }> {
  const { context, parts } = run;
  const { store, threadId } = context;
  let first: Began | undefined;
  const { values, until } = await told(
    context,
    (answer) => {
      first = beganIn(answer);
      return first.until;
    },
    parts.historyLimit,
  );
  const isFirst = !first;
  const saved =
    isFirst || first?.data !== undefined
      ? await savedStateData(store, threadId, first?.data)
      : undefined;
  run.began = { ...(until === undefined ? {} : { until }), ...(saved ? { data: saved.id } : {}) };
  const { input, earlier } = splitAt(values);
  const given = await dataOf(run, asked);
  const data = { ...given, ...saved?.data };
  return { input, state: createState(data, { threadId, results: resultsOf(earlier) }) };
}

async function dataOf(
  { context, parts: { data, network } }: KitRun,
  asked: AgentInput,
): Promise<StateData> {
  const given = data ? await data(asked, context) : (network?.state.data ?? {});
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, copyOf(value)]));
}

/** The user's message, and what was said before it. */
function splitAt(values: readonly unknown[]): {
  readonly input: string;
  readonly earlier: readonly unknown[];
} {
  const last = values.at(-1) as Partial<Entry> | undefined;
  if (last?.role !== "user") return { input: "", earlier: values };
  return { input: textOf(last.content), earlier: values.slice(0, -1) };
}

function textOf(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content);
}

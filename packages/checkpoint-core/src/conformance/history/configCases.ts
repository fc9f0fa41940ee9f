import assert from "node:assert/strict";
import type { AgentResultClass, AgentResultLike, StepLike } from "../../agentkit/contract.ts";
import type { Case } from "../case.ts";
import { atClock } from "../clock.ts";
import {
  type ConfigContext,
  configCase,
  type HistoryConfigSubject,
  says,
  texts,
  THEN,
} from "./config.ts";
import { configRuns } from "./configRuns.ts";

/** What a history's users read of a first run: the question, and what two agents said. */
const firstRun = ["user: hello", "writer: draft", "critic: fine"];

const cases = [
  configCase("nothing-there", "a new thread reads as no results", async ({ subject, talk }) => {
    assert.deepEqual(await talk(subject.history, "t").read(), []);
  }),
  configCase(
    "thread-id",
    "createThread keeps the id that the state has, makes one where it has none, and may come again",
    async ({ subject, talk, result }) => {
      const { history } = subject;
      const made = async (state: ConfigContext["state"]): Promise<string> => {
        const context = { state, network: {}, input: "x" };
        const thread: unknown = await history.createThread?.(context as never);
        return (thread as { readonly threadId: string }).threadId;
      };
      assert.equal(await made({ data: {}, threadId: "user:42" }), "user:42");
      await talk(history, "user:42").run(says("m1", "hello"), [result("writer", "r1", "draft")]);
      assert.equal(await made({ data: {}, threadId: "user:42" }), "user:42");
      assert.equal((await talk(history, "user:42").read()).length, 2);
      const [one, two] = [await made({ data: {} }), await made({ data: {} })];
      assert.ok(one.length > 0 && one !== two, "two new threads have two ids");
    },
  ),
  configCase(
    "order",
    "runs are read in the order of their writes, to every process, whatever the clocks of messages and results say",
    async ({ both, talk, result }) => {
      const [one, two] = await both();
      const hour = 3_600_000;
      await talk(one, "t").run(says("m1", "hello", THEN + hour), [
        result("writer", "r1", "draft"),
        result("critic", "r2", "fine"),
      ]);
      await talk(two, "t").run(says("m2", "again", THEN - hour), [
        result("writer", "r3", "more", THEN - hour),
      ]);
      for (const hooks of [one, two])
        assert.deepEqual(texts(await talk(hooks, "t").read()), [
          ...firstRun,
          "user: again",
          "writer: more",
        ]);
    },
  ),
  configCase(
    "order-at-one-time",
    "messages of one millisecond keep their order, by a clock that stands still or goes back",
    async ({ subject, talk, result }) => {
      const expected: string[] = [];
      for (let turn = 0; turn < 12; turn += 1) {
        await atClock(THEN - (turn % 3) * 1000, () =>
          talk(subject.history, "t").run(says(`m${turn}`, `q${turn}`), [
            result("writer", `r${turn}`, `a${turn}`),
          ]),
        );
        expected.push(`user: q${turn}`, `writer: a${turn}`);
      }
      assert.deepEqual(texts(await talk(subject.history, "t").read()), expected);
    },
  ),
  configCase(
    "equal-messages",
    "two agents that say the same in one second are two results: content and checksum are no identity",
    async ({ subject, talk, result }) => {
      await talk(subject.history, "t").run(says("m1", "hello"), [
        result("writer", "r1", "reply"),
        result("critic", "r2", "reply"),
      ]);
      assert.deepEqual(texts(await talk(subject.history, "t").read()), [
        "user: hello",
        "writer: reply",
        "critic: reply",
      ]);
    },
  ),
  configCase(
    "equal-turns",
    "the same question with the same answer, asked twice, is there twice",
    async ({ subject, talk, result }) => {
      for (const turn of [1, 2])
        await talk(subject.history, "t").run(says(`m${turn}`, "ok"), [
          result("writer", `r${turn}`, "ok"),
        ]);
      assert.equal((await talk(subject.history, "t").read()).length, 4);
    },
  ),
  configCase(
    "lost-acknowledgement",
    "a run that is repeated after its acknowledgement was lost, with other times, adds nothing and does not fail",
    async ({ both, talk, result }) => {
      const [one, two] = await both();
      await talk(one, "t").run(says("m1", "hello"), [
        result("writer", "r1", "draft"),
        result("critic", "r2", "fine"),
      ]);
      await talk(two, "t").run(says("m1", "hello", THEN + 5000), [
        result("writer", "r1", "draft", THEN + 5000),
        result("critic", "r2", "fine", THEN + 5000),
      ]);
      assert.deepEqual(texts(await talk(one, "t").read()), firstRun);
    },
  ),
  configCase(
    "first-one-stands",
    "a repeated result that says something else does not replace the stored one",
    async ({ subject, talk, result }) => {
      const { history } = subject;
      await talk(history, "t").run(says("m1", "hello"), [result("writer", "r1", "draft")]);
      await talk(history, "t").run(says("m1", "hello"), [result("writer", "r1", "other draft")]);
      assert.deepEqual(texts(await talk(history, "t").read()), ["user: hello", "writer: draft"]);
    },
  ),
  configCase(
    "repeated-in-part",
    "a repeated run that got further adds what is new, behind what was there",
    async ({ subject, talk, result }) => {
      const { history } = subject;
      await talk(history, "t").run(says("m1", "hello"), [result("writer", "r1", "draft")]);
      await talk(history, "t").run(says("m1", "hello"), [
        result("writer", "r1", "draft"),
        result("critic", "r2", "fine"),
      ]);
      assert.deepEqual(texts(await talk(history, "t").read()), firstRun);
    },
  ),
  configCase(
    "replays-in-steps",
    "in an Inngest function, whose body runs again for each request with other ids and times, each message is there once",
    async ({ subject, talk, result }) => {
      const step = memoisingStep();
      for (let request = 0; request < 4; request += 1)
        await talk(subject.history, "t").run(
          says(`random-${request}`, "hello", THEN + request),
          [result("writer", "r1", "draft", THEN + request), result("critic", "r2", "fine")],
          step,
        );
      assert.deepEqual(texts(await talk(subject.history, "t").read()), firstRun);
    },
  ),
  configCase(
    "reads-in-steps",
    "what is read inside a function is made of AgentKit's class in each request, though steps keep JSON",
    async ({ subject, AgentResult, talk, result }) => {
      const { history } = subject;
      await talk(history, "t").run(says("m1", "hello"), [result("writer", "r1", "draft")]);
      const step = memoisingStep();
      for (let request = 0; request < 2; request += 1) {
        const read = await talk(history, "t").run(says("m2", "next"), [], step);
        assert.deepEqual(texts(read), ["user: hello", "writer: draft"], `request ${request}`);
        assert.ok(
          read.every((one) => one instanceof AgentResult),
          "instances of AgentResult",
        );
      }
    },
  ),
  configCase(
    "real-results",
    "what is read are instances of AgentKit's class, with their id, agent, output, tool calls and date",
    async ({ subject, AgentResult, talk }) => {
      const call = { type: "tool", id: "c1", name: "lookup", input: { order: 7 } };
      const given = new AgentResult(
        "writer",
        [{ type: "tool_call", role: "assistant", tools: [call], stop_reason: "tool" }] as never,
        [
          {
            type: "tool_result",
            role: "tool_result",
            tool: call,
            content: { data: "a\u0000b \ud83d\ude00" },
            stop_reason: "tool",
          },
        ] as never,
        new Date(THEN + 123),
        undefined,
        undefined,
        '{"raw":1}',
        "r1",
      );
      await talk(subject.history, "t").run(says("m1", "hello"), [given]);
      const read = await talk(subject.history, "t").read();
      assert.ok(
        read.every((one) => one instanceof AgentResult),
        "instances of AgentResult",
      );
      const { id, agentName, output, toolCalls, createdAt, raw } = read[1] ?? given;
      assert.deepEqual(
        { id, agentName, output, toolCalls, createdAt, raw },
        {
          id: "r1",
          agentName: "writer",
          output: given.output,
          toolCalls: given.toolCalls,
          createdAt: new Date(THEN + 123),
          raw: '{"raw":1}',
        },
      );
    },
  ),
  configCase(
    "own-message-once",
    "a run does not read the message that it was just given, which AgentKit puts into the prompt itself",
    async ({ subject, talk, result }) => {
      const { history } = subject;
      await talk(history, "t").run(says("m1", "hello"), [result("writer", "r1", "draft")]);
      const read = await talk(history, "t").run(says("m2", "next"), []);
      assert.deepEqual(texts(read), ["user: hello", "writer: draft"]);
    },
  ),
  configCase(
    "threads-apart",
    "threads of any ids are two, and nothing of one is read in another",
    async ({ subject, talk, result }) => {
      const ids = [
        "user:42",
        "user",
        "42",
        "user/42",
        "user_42",
        "userX42",
        "user%",
        "{a}",
        "\ud83d\ude00",
        "9f1c",
      ];
      for (const id of ids)
        await talk(subject.history, id).run(says(`m-${id}`, id), [result("writer", "r1", id)]);
      for (const id of ids)
        assert.deepEqual(texts(await talk(subject.history, id).read()), [
          `user: ${id}`,
          `writer: ${id}`,
        ]);
    },
  ),
  configCase(
    "ownership",
    "another user neither reads a thread nor adds to it",
    async ({ subject, talk, result }) => {
      assert.ok(subject.as, "hooks for a user");
      const [ann, bob] = [await subject.as("ann"), await subject.as("bob")];
      await talk(ann, "t").run(says("m1", "secret"), [result("writer", "r1", "secret too")]);
      const read = await talk(bob, "t")
        .read()
        .catch(() => []);
      assert.deepEqual(texts(read), []);
      await talk(bob, "t")
        .run(says("m2", "injected"), [result("writer", "r2", "injected")])
        .catch(() => []);
      assert.deepEqual(texts(await talk(ann, "t").read()), ["user: secret", "writer: secret too"]);
    },
  ),
];

/** Cases for a history of AgentKit, whatever it is made of. The class is AgentKit's own, or yours that stands for it. */
export function historyConfigCases<R extends AgentResultLike>({
  AgentResult,
}: {
  readonly AgentResult: AgentResultClass<R>;
}): readonly Case<HistoryConfigSubject>[] {
  return [...cases, ...configRuns].map((make) => make(AgentResult));
}

/** A step of one Inngest run: the first result of each id is kept, as JSON, and answered in every later request. */
function memoisingStep(): StepLike {
  const kept = new Map<string, string>();
  return {
    async run(id, work) {
      if (!kept.has(id)) kept.set(id, JSON.stringify({ value: await work() }));
      return (JSON.parse(kept.get(id) ?? "{}") as { readonly value?: unknown }).value;
    },
  };
}

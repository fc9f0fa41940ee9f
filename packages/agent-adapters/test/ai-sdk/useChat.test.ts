import { tool } from "ai";
import type { MockLanguageModelV4 } from "ai/test";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { aiSdkAgent } from "../../src/ai-sdk/index.ts";
import { createWorld } from "../world.ts";
import { chatRoutes } from "./chatRoutes.ts";
import { openPage, type Page } from "./page.ts";
import { call, stub, text } from "./stub.ts";

// The renderer says in each test that it is old.
vi.spyOn(console, "error").mockReturnValue(undefined);

const server = { clock: "real", retryDelay: () => 10 } as const;

function isReady({ chat }: Page): boolean {
  return chat.status === "ready";
}

/** The page rests, and shows this text. */
function hasSaid(said: string): (page: Page) => boolean {
  return (page) => isReady(page) && page.shown.flat().includes(said);
}

/** A page shows this text once or not at all, at each moment of its life. */
function isNeverTwice({ seen }: Page, said: string): boolean {
  return seen.every((shown) => shown.flat().join("\n").split(said).length <= 2);
}

async function desk() {
  const refunds: string[] = [];
  const { model } = stub([
    [text("Let me see."), call("c1", "refund", { order: "7" })],
    [text("It is refunded.")],
    [text("You are welcome.")],
  ]);
  const refund = tool({
    inputSchema: z.object({ order: z.string() }),
    needsApproval: true,
    execute({ order }) {
      refunds.push(order);
      return { paid: order };
    },
  });
  const agent = aiSdkAgent({ name: "a", model, tools: { refund } });
  const world = await createWorld({ agent, server });
  return { refunds, handle: chatRoutes(world), world };
}

const asked = [
  ["user", "Refund 7"],
  ["assistant", "Let me see.", "tool-refund approval-requested"],
];
const refunded = [
  ["user", "Refund 7"],
  ["assistant", "Let me see.", 'tool-refund output-available {"paid":"7"}', "It is refunded."],
];

/** The question that a page shows. */
function approvalOn({ chat }: Page): string {
  const parts = chat.messages.at(-1)?.parts ?? [];
  const [id] = parts.flatMap((part) => ("approval" in part ? (part.approval?.id ?? []) : []));
  return id ?? "";
}

function isAsking(page: Page): boolean {
  return isReady(page) && approvalOn(page) !== "";
}

test("useChat sends, is asked, agrees after a reload, and sends again", async () => {
  const { handle, refunds, world } = await desk();
  using page = await openPage(handle);
  await page.chat.sendMessage({ text: "Refund 7" });
  await page.until(isAsking);
  expect(page.shown).toEqual(asked);
  using again = await openPage(handle);
  await again.until(isAsking);
  expect(again.shown).toEqual(asked);
  await again.chat.addToolApprovalResponse({ id: approvalOn(again), approved: true });
  await again.until(hasSaid("It is refunded."));
  expect(again.shown).toEqual(refunded);
  expect(refunds).toEqual(["7"]);
  await again.chat.sendMessage({ text: "Thanks" });
  await again.until(hasSaid("You are welcome."));
  const whole = [...refunded, ["user", "Thanks"], ["assistant", "You are welcome."]];
  expect(again.shown).toEqual(whole);
  using last = await openPage(handle);
  await last.until(isReady);
  expect(last.shown).toEqual(whole);
  for (const said of ["Let me see.", "It is refunded.", "You are welcome."])
    expect([page, again, last].every((one) => isNeverTwice(one, said))).toBe(true);
  expect(await world.store.history.count("t")).toBe(6);
});

test("useChat denies, and is told what the model says to that", async () => {
  const { handle, refunds } = await desk();
  using page = await openPage(handle);
  await page.chat.sendMessage({ text: "Refund 7" });
  await page.until(isAsking);
  const denial = { id: approvalOn(page), approved: false, reason: "too much" };
  await page.chat.addToolApprovalResponse(denial);
  await page.until(hasSaid("It is refunded."));
  expect(page.shown.at(-1)?.slice(1)).toEqual([
    "Let me see.",
    "tool-refund output-error",
    "It is refunded.",
  ]);
  expect(refunds).toEqual([]);
});

/** A model whose answer is said in pieces; a piece may wait, and the answer break off. */
function saying(answers: readonly (() => AsyncGenerator<string, void>)[]): MockLanguageModelV4 {
  const { model } = stub([[text("")]]);
  const whole = model.doStream;
  let nth = 0;
  model.doStream = async (options) => {
    const pieces = (answers[nth++] ?? answers.at(-1))?.();
    const parts: unknown[] = [];
    const { stream } = await whole(options);
    for await (const part of stream as AsyncIterable<{ readonly type: string }>)
      if (!part.type.startsWith("text-")) parts.push(part);
    async function* said(): AsyncGenerator<unknown, void> {
      yield parts[0];
      yield { type: "text-start", id: "0" };
      for await (const delta of pieces ?? []) yield { type: "text-delta", id: "0", delta };
      yield { type: "text-end", id: "0" };
      yield* parts.slice(1);
    }
    return { stream: ReadableStream.from(said()) as never };
  };
  return model;
}

function isHalf({ shown }: Page): boolean {
  return shown.flat().includes("First half,");
}

test("useChat shows an answer while it is said, also a page that is loaded in its middle, and no text twice", async () => {
  const gate = Promise.withResolvers<void>();
  const model = saying([
    async function* () {
      yield "First half,";
      await gate.promise;
      yield " second half.";
    },
  ]);
  const world = await createWorld({ agent: aiSdkAgent({ name: "a", model }), server });
  const handle = chatRoutes(world);
  using page = await openPage(handle);
  const sent = page.chat.sendMessage({ text: "Tell" });
  await page.until(isHalf);
  expect(page.chat.status).toBe("streaming");
  using reloaded = await openPage(handle);
  await reloaded.until(isHalf);
  expect(reloaded.shown).toEqual([
    ["user", "Tell"],
    ["assistant", "First half,"],
  ]);
  gate.resolve();
  await sent;
  for (const one of [page, reloaded]) {
    await one.until(isReady);
    expect(one.shown).toEqual([
      ["user", "Tell"],
      ["assistant", "First half, second half."],
    ]);
    expect(isNeverTwice(one, "First half,")).toBe(true);
  }
});

test("a page that is loaded in a run's later turns shows the earlier ones once: the stream takes the place of what was loaded", async () => {
  const gate = Promise.withResolvers<void>();
  const isLast = Promise.withResolvers<void>();
  let questions = 0;
  const ask = async (): Promise<void> => {
    questions += 1;
    if (questions < 3) return;
    isLast.resolve();
    await gate.promise;
  };
  const script = [
    [text("Let me see."), call("c1", "look", {})],
    [call("c2", "look", {})],
    [text("It is here.")],
  ];
  const { model } = stub(script, { ask });
  const look = tool({ inputSchema: z.object({}), execute: () => "seen" });
  const agent = aiSdkAgent({ name: "a", model, tools: { look } });
  const handle = chatRoutes(await createWorld({ agent, server }));
  using page = await openPage(handle);
  const sent = page.chat.sendMessage({ text: "Look" });
  await isLast.promise;
  using reloaded = await openPage(handle);
  const saw = 'tool-look output-available "seen"';
  expect(reloaded.seen[0]).toEqual([
    ["user", "Look"],
    ["assistant", "Let me see.", saw],
  ]);
  gate.resolve();
  await sent;
  await reloaded.until(hasSaid("It is here."));
  expect(reloaded.shown).toEqual([
    ["user", "Look"],
    ["assistant", "Let me see.", saw, saw, "It is here."],
  ]);
  expect(isNeverTwice(reloaded, "Let me see.")).toBe(true);
});

test("a model step that is tried again takes back what it had said, for every page", async () => {
  const cut = Promise.withResolvers<void>();
  const model = saying([
    async function* () {
      yield "I think it is";
      await cut.promise;
      throw new Error("cut");
    },
    async function* () {
      yield "It is on its way.";
    },
  ]);
  const world = await createWorld({ agent: aiSdkAgent({ name: "a", model }), server });
  const handle = chatRoutes(world);
  using page = await openPage(handle);
  const sent = page.chat.sendMessage({ text: "Where is it?" });
  await page.until(({ shown }) => shown.flat().includes("I think it is"));
  cut.resolve();
  await sent;
  await page.until(isReady);
  using reloaded = await openPage(handle);
  await reloaded.until(isReady);
  for (const one of [page, reloaded]) {
    expect(one.shown).toEqual([
      ["user", "Where is it?"],
      ["assistant", "It is on its way."],
    ]);
    const both = one.seen.filter(
      (shown) =>
        shown.flat().some((said) => said.startsWith("I think")) &&
        shown.flat().some((said) => said.startsWith("It is on")),
    );
    expect(both).toEqual([]);
  }
});

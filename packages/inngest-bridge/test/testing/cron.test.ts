import { describe, expect, test } from "vitest";
import { createTestInngest } from "../../src/testing/index.ts";
import { startApp } from "./modes.ts";

/** The moments at which a cron fires in the first `days` after `start`. */
async function firings(cron: string, start: string, days: number): Promise<readonly string[]> {
  const { server } = await startApp({ checkpointing: true, start: new Date(start) }, (inngest) => [
    inngest.createFunction({ id: "fn", triggers: [{ cron }] }, () => null),
  ]);
  await server.advance(`${days}d`);
  return server.runs().map(({ startedAt }) => new Date(startedAt).toISOString().slice(0, 16));
}

describe("a cron fires", () => {
  test.each([
    [
      "at its minutes, after each other",
      "*/30 6-7 * * *",
      "2026-03-01T06:10Z",
      1,
      ["2026-03-01T06:30", "2026-03-01T07:00", "2026-03-01T07:30", "2026-03-02T06:00"],
    ],
    [
      "on weekdays by name",
      "0 9 * * MON-FRI",
      "2026-02-27T10:00Z",
      4,
      ["2026-03-02T09:00", "2026-03-03T09:00"],
    ],
    ["on Sundays, which are 0", "0 9 * * 0", "2026-02-27T10:00Z", 4, ["2026-03-01T09:00"]],
    [
      "on the date or the weekday where both are given",
      "0 9 3 * SUN",
      "2026-02-27T10:00Z",
      5,
      ["2026-03-01T09:00", "2026-03-03T09:00"],
    ],
    [
      "in months by name, in lists",
      "0 0 1 jan,MAR *",
      "2026-02-27T10:00Z",
      3,
      ["2026-03-01T00:00"],
    ],
    [
      "in its time zone, on both sides of a change of clocks",
      "TZ=Europe/Paris 30 12 * * *",
      "2026-03-28T00:00Z",
      2,
      ["2026-03-28T11:30", "2026-03-29T10:30"],
    ],
    [
      "not at a time that a change of clocks leaves out",
      "TZ=Europe/Paris 30 2 * * *",
      "2026-03-28T12:00Z",
      2,
      ["2026-03-30T00:30"],
    ],
    ["after years, where it must", "0 0 29 2 *", "2026-03-01T00:00Z", 731, ["2028-02-29T00:00"]],
  ] as const)("%s", async (_, cron, start, days, expected) => {
    expect(await firings(cron, start, days)).toEqual(expected);
  });

  test.each([
    "* * * *",
    "61 * * * *",
    "0 0 * * L",
    "*/0 * * * *",
    "0 5-3 * * *",
    "TZ=Mars/Base 0 0 * * *",
    "@reboot",
    // Servers refuse these, whatever crons elsewhere take.
    "@daily",
    "0 0 * * 7",
    "0 0 30 2 *",
  ])("never, and says so when the app registers: %s", async (cron) => {
    const server = createTestInngest();
    const client = server.client({ id: "app" });
    const fn = client.createFunction({ id: "fn", triggers: [{ cron }] }, () => null);
    await expect(server.register({ client, functions: [fn] })).rejects.toMatchObject({
      code: "UNSUPPORTED_OPTION",
    });
  });
});

import { expect, test } from "vitest";
import { createStore, memoryBackend } from "../../src/index.ts";
import { placesBetween } from "../../src/store/history/places.ts";

const ordinal = (n: number): string => String(n).padStart(16, "0");

/** Where something is put in, step by step: the index of the place ahead of it, in a list of so many. */
const spots: readonly (readonly [string, number, (length: number, step: number) => number])[] = [
  ["behind one place", 2000, () => 0],
  ["behind what was put in last", 2000, (length) => length - 2],
  ["between the last two, by turns", 600, (_length, step) => Math.floor((step + 1) / 2)],
  ["anywhere", 2000, (length, step) => Math.floor((Math.sin(step) + 1) * 1e6) % (length - 1)],
];

test.each(spots)("places put in are in order and stay short: %s", (_where, steps, spot) => {
  const places = [ordinal(3), ordinal(4)];
  for (let step = 0; step < steps; step += 1) {
    const at = spot(places.length, step);
    const added = placesBetween(places[at] ?? "", places[at + 1], 1);
    places.splice(at + 1, 0, ...added);
  }
  expect(places).toEqual(places.toSorted());
  expect(new Set(places).size).toBe(steps + 2);
  expect(places.every((place) => /^\d{16}(\.\d{4})*$/.test(place))).toBe(true);
  expect(Math.max(...places.map((place) => place.length))).toBeLessThan(1000);
});

test("there is room behind the last place, and ahead of the places that another version has given", () => {
  const at = ordinal(3);
  for (const follower of [undefined, `${at}.0001`, `${at}.0000.0001`, `${at}.0002`, ordinal(4)])
    for (const last of [at, `${at}.0000.0000.0001`]) {
      if (follower !== undefined && follower <= last) continue;
      const places = placesBetween(last, follower, 400);
      expect([last, ...places, follower ?? ordinal(4)]).toEqual(
        [last, ...places, follower ?? ordinal(4)].toSorted(),
      );
      expect(new Set([last, ...places, follower]).size).toBe(402);
    }
});

test("a thousand entries are put in at one place, one after the other", async () => {
  const { history } = createStore({ backend: memoryBackend() });
  await history.append("t", [
    { id: "first", value: "first" },
    { id: "last", value: "last" },
  ]);
  const [first] = await history.read("t", { limit: 2 });
  const range = { from: first?.cursor ?? "", to: first?.cursor ?? "" };
  for (let n = 0; n < 1000; n += 1)
    await history.replace(
      "t",
      range,
      [
        { id: "first", value: "first" },
        { id: `${n}`, value: n },
      ],
      { expected: 1 },
    );
  const values = (await history.read("t")).map(({ value }) => value);
  const added = Array.from({ length: 1000 }, (_, n) => 999 - n);
  expect(values).toEqual(["first", ...added, "last"]);
});

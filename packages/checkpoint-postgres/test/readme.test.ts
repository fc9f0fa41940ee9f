import { playedTwice } from "@perdure/engines/readme";
import { describeOn } from "@perdure/engines/vitest";
import { expect, test } from "vitest";
import { testPlace } from "./database.ts";

describeOn("postgres", "the README's program", () => {
  test("shows the message whenever it is run, and ends though it closes nothing", async () => {
    const { url, schema } = testPlace();
    const here = JSON.stringify(`${url}?schema=${schema}`);
    const said = "{ messages: [ { role: 'user', content: 'hello' } ] }\n";
    expect(
      await playedTwice(new URL("../README.md", import.meta.url), (program) =>
        program.replaceAll(/"postgres:\/\/[^"]*"/g, here),
      ),
    ).toEqual([said, said]);
  });
});

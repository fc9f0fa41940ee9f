import { freshPlace } from "@perdure/engines";
import { playedTwice } from "@perdure/engines/readme";
import { describeOn } from "@perdure/engines/vitest";
import { expect, inject, onTestFinished, test } from "vitest";

describeOn("redis", "the README's program", () => {
  test("shows the message whenever it is run, and ends once its store and its client are closed", async () => {
    const place = freshPlace("redis", inject("redisUrl"));
    onTestFinished(place.remove);
    const url = JSON.stringify(place.url);
    const closed = "client.disconnect(); await store[Symbol.asyncDispose]();";
    const said = "{ messages: [ { role: 'user', content: 'hello' } ] }\n";
    expect(
      await playedTwice(
        new URL("../README.md", import.meta.url),
        (program) => program.replaceAll(/"redis:\/\/[^"]*"/g, url) + closed,
      ),
    ).toEqual([said, said]);
  });
});

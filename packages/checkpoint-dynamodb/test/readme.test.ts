import { freshPlace } from "@perdure/engines";
import { playedTwice } from "@perdure/engines/readme";
import { describeOn } from "@perdure/engines/vitest";
import { expect, inject, onTestFinished, test } from "vitest";

describeOn("dynamodb", "the README's program", () => {
  test("shows the message whenever it is run, and ends though it closes nothing", async () => {
    const place = freshPlace("dynamodb", inject("dynamodbUrl"));
    onTestFinished(place.remove);
    const { hostname: table, searchParams } = new URL(place.url);
    const said = "{ messages: [ { role: 'user', content: 'hello' } ] }\n";
    expect(
      await playedTwice(
        new URL("../README.md", import.meta.url),
        (program) =>
          program
            .replaceAll('"agents"', JSON.stringify(table))
            .replaceAll('"eu-central-1"', JSON.stringify(searchParams.get("region"))),
        { AWS_ENDPOINT_URL_DYNAMODB: searchParams.get("endpoint") ?? "" },
      ),
    ).toEqual([said, said]);
  });
});

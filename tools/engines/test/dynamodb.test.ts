import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { find } from "../src/find.ts";
import { DYNAMODB_CREDENTIALS, DYNAMODB_REGION, ownServer } from "../src/index.ts";
import { describeOn } from "../src/suite.ts";

const nothing = {
  env: { PATH: "", DOCKER_HOST: "unix:///nowhere/nobody.sock" },
  isRoot: false,
  folders: [],
  servicePolicy: "/nowhere/policy-rc.d",
};

test("where there is no DynamoDB Local, one sentence says how to get it", async () => {
  await expect(find("dynamodb", nothing)).rejects.toThrow(
    /^No DynamoDB Local here: name one in PERDURE_DYNAMODB_ENDPOINT, start Docker, or install it \(Debian: maven\); PERDURE_WITHOUT=dynamodb leaves its tests out\.$/,
  );
});

test("an endpoint that does not answer is an error, not the next way", async () => {
  const env = { ...nothing.env, PERDURE_DYNAMODB_ENDPOINT: "http://127.0.0.1:1" };
  await expect(find("dynamodb", { ...nothing, env })).rejects.toThrow(
    "PERDURE_DYNAMODB_ENDPOINT names a server that does not answer: ",
  );
});

describeOn("dynamodb", "a DynamoDB Local of one's own", () => {
  test("comes back with what it acknowledged before it was killed", async () => {
    await using server = await ownServer("dynamodb");
    const client = new DynamoDBClient({
      endpoint: server.url,
      region: DYNAMODB_REGION,
      credentials: DYNAMODB_CREDENTIALS,
    });
    await client.send(
      new CreateTableCommand({
        TableName: "kept",
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      }),
    );
    const Item = { id: { S: "a" } };
    await client.send(new PutItemCommand({ TableName: "kept", Item }));
    await server.kill();
    await server.start();
    const found = await client.send(new GetItemCommand({ TableName: "kept", Key: Item }));
    expect(found.Item).toEqual(Item);
    client.destroy();
  });
});

import { storeSuite } from "@perdure/checkpoint-core/conformance/vitest";
import { describeOn } from "@perdure/engines/vitest";
import { dynamoBackend } from "@perdure/checkpoint-dynamodb";
import { afterAll, beforeAll } from "vitest";
import { renamed } from "./renamed.ts";
import { client, newTable } from "./tables.ts";

describeOn("dynamodb", "the kit", () => {
  const { table, remove } = newTable();
  beforeAll(() => dynamoBackend({ client, table }).setup("create"));
  afterAll(remove);

  let cases = 0;
  // All in one table, since a table takes DynamoDB Local as long as a case.
  storeSuite("stores on dynamodb", {
    async create() {
      cases += 1;
      const place = `${cases}/`;
      const open = () => renamed(dynamoBackend({ client, table }), (name) => place + name);
      return { backend: open(), another: async () => open() };
    },
  });
});

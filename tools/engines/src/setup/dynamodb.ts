import { setupOf } from "../setup.ts";

/** DynamoDB Local alone. */
export const setup: ReturnType<typeof setupOf> = setupOf("dynamodb");

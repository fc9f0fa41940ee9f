/**
 * What is asked of a client: a `DynamoDBClient` of `@aws-sdk/client-dynamodb` 3 fits as it is, also one that belongs to another copy of that package, and so does a `DynamoDBDocumentClient`. Commands go
 * through its middleware, retries and credentials.
 */
export interface DynamoClient {
  send(command: object, options?: { readonly abortSignal?: AbortSignal }): Promise<unknown>;
}

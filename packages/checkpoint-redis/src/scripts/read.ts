import { agreeing, primaryOnly } from "./partition.ts";

/** Some records, as of one instant. */
export const readScript: string = `
-- KEYS: revision, records, order. ARGV: keys of records.
-- Returns the bytes of each record, or nothing for one that is not there; or 'damaged'.
${primaryOnly}${agreeing}
return redis.call('hmget', KEYS[2], unpack(ARGV))
`;

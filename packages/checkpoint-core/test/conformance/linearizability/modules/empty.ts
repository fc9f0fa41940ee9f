/** No `open` is exported here. */
export const closed = true;

/** The kind of a note that something of a thread is hidden. */
export const SWEEP = "sweep";
/** The kind of a note that checkpoints of a thread have expired. */
export const EXPIRE = "expire";

/** Named limits of this room. Times in milliseconds, sizes in bytes. */

/** The worker asks the anchor for a sign of life this often … */
export const beatMs = 1_000;
/**
 * … and gives it up after this many questions without an answer. Counted, not timed: after a laptop's sleep both
 * sides wake together, and the anchor gets its chance to answer.
 */
export const beatsMissedMax = 5;
/** A connection that is begun while there is no anchor waits this long for one: a handover takes a fraction of it. */
export const anchorWaitMs = 3_000;
/** The anchor tells the worker of bytes gone out at the latest after this many, so that the worker never idles. */
export const acknowledgeBytes = 128 * 1024;

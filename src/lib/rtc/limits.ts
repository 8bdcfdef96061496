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
/** Number of the data channel that both sides of a connection make for last words: beyond those that libp2p's streams get, below Firefox's first limit of 256. */
export const lastWordsChannel = 255;
/** Bytes of last words: one message that every browser sends whole. */
export const lastWordsBytesMax = 16 * 1024;
/** The anchor tells the worker of bytes gone out at the latest after this many, so that the worker never idles. */
export const acknowledgeBytes = 128 * 1024;

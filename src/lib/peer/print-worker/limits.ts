/**
 * Milliseconds between two notes of where a print stands, while its state stays the same. A page that dies loses so much of what
 * is known; a note costs one small durable write.
 */
export const noteMs = 5_000;
/** A write of the journal that failed is tried again after this, in ms: a person frees room in minutes, and each try is one write. */
export const rewriteMs = 5_000;
/**
 * A write of the journal that has not ended after this counts as failed, in ms. A slow disk takes a second or two. A start and an
 * outcome each wait for two writes at most: one that was under way, and their own.
 */
export const writeMsMax = 4_000;
/**
 * Milliseconds after its print in which a bed is cleared by itself. Later (the peer's worker was away) somebody may stand at the
 * machine: then a person says when.
 */
export const clearWithinMs = 60_000;
/** Outcomes that no peer has taken. Beyond that no further print is accepted, so that none is ever dropped. */
export const reportsMax = 16;
/** Prints whose removal from the journal failed and is tried again. The oldest is left there: the queue knows its end already. */
export const removalsMax = 64;
/** Requests of a person to clear the bed that wait for the machine's reply. The oldest is forgotten: the bed is then not called clear. */
export const clearingsMax = 16;

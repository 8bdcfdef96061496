/** The limits of this room, with the reason of each. */

/** Largest byte count of one packed log record: far above a group commit, far below what one transaction may hold. */
export const recordBytesMax = 64 * 1024 * 1024;

/** Other replicas of which a log remembers what they acknowledged: more than one configuration of Raft can hold. */
export const acknowledgementsMax = 128;

/** Milliseconds to wait for another worker of this browser to let go of a log: a closing worker needs a moment, a living one keeps it. */
export const logLockWaitMs = 5_000;

/** Rows read from the database in one request, so that sweeping a large chunk store does not hold one huge list twice. */
export const keysPerReadMax = 4_096;

/** Pauses before a database that the browser closed is opened again to see what is left of it: clearing a site takes it some moments. */
export const lookAgainMs = [100, 400, 1_500, 5_000, 20_000] as const;

/** Milliseconds that a start waits for the browser to begin a new log: a hundred times what it takes here. A slow disk goes on with it beside everything else. */
export const renewalPatienceMs = 1_000;

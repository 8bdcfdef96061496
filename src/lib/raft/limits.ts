/** Largest term or index that is taken from outside: far below the safe integers, so that sums stay exact. */
export const positionMax = 2 ** 48;
/** How far ahead of ours a message's term may be: more elections than are held while one replica is away, and 2^28 jumps to the end. */
export const termJumpMax = 2 ** 20;
/** Largest replica id that is taken from outside. Ids are given out one by one and never used again. */
export const replicaIdMax = 2 ** 31 - 1;
/** Members of one configuration (voters, learners and outgoing voters together): a queue has a handful. */
export const membersMax = 64;
/** Single steps of one configuration change: every member may change once. */
export const confChangeStepsMax = 64;
/** Bytes of the free text of a configuration change: a peer id and a nonce need about 100. */
export const confChangeContextBytesMax = 4096;
/** Bytes of one encoded message without snapshot data: some full appends; what is larger is not from our sender. */
export const messageBytesMax = 4 * 1024 * 1024;
/** Entries of one message: an append of empty entries is bounded too. */
export const messageEntriesMax = 16_384;
/** Bytes of one entry's data: commands are small, files do not travel in the log. */
export const entryDataBytesMax = 1024 * 1024;
/** Bytes of the opaque context of a read or heartbeat: a counter or a request id. */
export const contextBytesMax = 1024;
/** Read requests that wait on a leader: beyond that they are dropped, and their askers ask again. */
export const pendingReadsMax = 4096;
/** Bytes of snapshot data inside one message: the driver lets snapshots travel by themselves, and the message names them only. */
export const snapshotDataBytesMax = 2 * 1024 * 1024;

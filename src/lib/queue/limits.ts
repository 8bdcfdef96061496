/**
 * Named limits of the replicated queue. They decide what is refused, so they are part of the rules: every build that
 * speaks the same rules version has the same numbers. To change one is to make a new rules version.
 */

/** The newest rules version that this build computes. A queue with a higher one is not applied. */
export const rulesVersionMax = 1;

/** The largest number that a rules version may have: a later build names one, and this one stops before it. */
export const rulesNumberMax = 1e6;

/** Bytes of the sum over the hashes of all rows, part of the state hash: as many as each of them has. */
export const rowSumBytes = 32;

/** Largest index, session or number of a command that is read: Raft's own limit of positions. Sums with it stay exact. */
export const counterMax = 2 ** 48;
/** Largest replica id: four bytes of a frame hold it, and no id is given twice. */
export const replicaIdMax = 2 ** 31 - 1;
/** Latest wall-clock time that is read, in ms since 1970: the last one that dates can show. */
export const wallMsMax = 8.64e15;
/** Where totals end: they count no further, so that what is added stays exact and can be written. */
export const totalMax = 2 ** 52;
/** Bytes of a signed command: a person's edit with room to spare, below the frame of the command protocol. */
export const envelopeBytesMax = 64 * 1024;
/** Bytes of a signed genesis: a name, three keys and settings. */
export const genesisBytesMax = 16 * 1024;
/** Characters of an id that a client chose: fits UUIDs, CIDs and hashes. */
export const idCharsMax = 96;
/** Characters of a name of anything: one line on a screen. */
export const nameCharsMax = 120;
/** Characters of a job's notes: a page. */
export const notesCharsMax = 4000;
/** Characters of a reason: two sentences. */
export const reasonCharsMax = 300;
/** Copies of a job, and count of a set: what Continuous Print allows. */
export const countMax = 999_999;
/** Copies of one set: those of the job, as many times as the set is in each. */
export const copiesOfSetMax = countMax ** 2;
/** Sets of one job: keeps a job's command below the envelope's limit. */
export const setsPerJobMax = 64;
/** Jobs of a queue: twice the size that the figures are measured at. */
export const jobsMax = 200_000;
/** Printers of a queue: twice the size that the figures are measured at. */
export const printersMax = 2_000;
/** Members of a queue, listeners included. */
export const membersMax = 10_000;
/** Files that the queue knows of. */
export const filesMax = 200_000;
/** Live and spent invitations together; the oldest spent one gives way. */
export const invitationsMax = 1_000;
/** Uses of one invitation. */
export const invitationUsesMax = 10_000;
/** Life of an invitation at most, in virtual ms: a year. */
export const invitationLifeMsMax = 366 * 24 * 3_600_000;
/** Removed members that are remembered, so that an old invitation does not bring them back. */
export const removedMembersMax = 10_000;
/** Trusted members whose proof of standing is kept: far more than can vote. */
export const vouchedMembersMax = 1_000;
/** Signed commands kept for one of them: invitation and join, or the latest promotions. */
export const vouchersPerMemberMax = 8;
/** Sponsors of sponsors in one proof, and its commands in all: at most 80 KB, because what vouches is small. */
export const proofDepthMax = 8;
export const proofEnvelopesMax = 32;
/** Relays that a queue names. */
export const relaysMax = 16;
/** Characters of a multiaddr. */
export const addressCharsMax = 256;
/** Materials of one printer or one set: tools of the largest tool changers. */
export const materialsMax = 16;
/** Alternatives in a list of models, or printers that a set is pinned to. */
export const alternativesMax = 32;
/**
 * Jobs that are not done, and files, of one member who may not operate the queue: a fortieth of what it holds, and a year of a busy
 * person's. Many members could still fill it; an operator removes them and their jobs.
 */
export const openJobsPerMemberMax = 5_000;
export const filesPerMemberMax = 5_000;
/** Bytes of a file at most: 2 GiB, as the store of files takes, more than any sliced file seen. */
export const fileBytesMax = 2 * 1024 ** 3;
/** Ended prints that one `import-history` names: together below an envelope, whatever their names. */
export const importPrintsMax = 30;
/** Copies that one decision names: a person's answers, with room for a set of which each copy was cancelled. */
export const decideCopiesMax = 1_000;
/** Prints that one renewal names: one peer's printers. */
export const renewPrintsMax = 1_000;

/**
 * Virtual ms that one entry may add to the log's time, whatever it is stamped with: a leader that lies about time gains an hour with each entry. Honest
 * leaders stay below it, because they tell the time more often than that.
 */
export const stampStepMsMax = 3_600_000;
/** The log's time at most, in virtual ms since the genesis: what six bytes hold, 8,900 years. There it stands still. */
export const stampMsMax = 2 ** 48 - 1;

/** Sessions of one member at once: tabs and old installations. The one unused longest gives way. */
export const sessionsPerMemberMax = 8;
/** Virtual ms that an unused session is kept: a holiday. */
export const sessionLifeMs = 30 * 24 * 3_600_000;
/** Commands of one session that may be unsettled at once. */
export const sessionWindow = 256;

/** Lease of a print in virtual ms: shorter ones are lost to an ordinary hiccup, longer ones hide a dead peer. */
export const leaseMsMin = 15_000;
export const leaseMsMax = 24 * 3_600_000;
/** Claims that a printer may hold ahead of the print under way. */
export const claimAheadMax = 16;
/** Failures of a set that return to the queue by themselves. */
export const retriesMax = 100;
/** Virtual ms after which a rule may give a lost copy to another printer: at least a minute, at most a year. */
export const lostAfterMsMin = 60_000;
export const lostAfterMsMax = 366 * 24 * 3_600_000;

/** Ended prints kept one by one; older ones live on in the totals. */
export const historyMax = 10_000;
/** Ended prints of which nobody knows the outcome are kept beyond the history, for their late result. */
export const awaitedMax = 10_000;
/** Finished jobs kept; the oldest one beyond is dropped, its prints stay in history and totals. */
export const doneJobsMax = 10_000;
/** Files that no set uses any more, kept for a second order. */
export const idleFilesMax = 1_000;
/** Those of one member who may not operate the queue: as many files as two jobs have. */
export const idleFilesPerMemberMax = 128;
/** Rows of each table of totals; the row unused longest is folded into the row named 'others'. */
export const totalsRowsMax = 5_000;

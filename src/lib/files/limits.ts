/** The limits of this room, with the reason of each. */

const kib = 1024;
const mib = 1024 * kib;

/** Bytes of every chunk of a file but its last. Fixed for ever by the CID profile: another size would give files other names. */
export const chunkBytes = 256 * kib;

/** Most children of a node of a file's tree. Fixed for ever, likewise. */
export const treeWidth = 174;

/** Largest file: the biggest sliced files are some hundred MiB, and its list of chunk hashes (256 KiB) still fits into one frame. */
export const fileBytesMax = 2 * 1024 * mib;

export const chunksMax = fileBytesMax / chunkBytes;

/** Longest name of a file in bytes of UTF-8: what file systems take. */
export const nameBytesMax = 255;

/** Chunks written to storage in one transaction: 2 MiB amortise its cost and are small beside a worker's memory. */
export const chunksPerWrite = 8;

/** Transactions with chunks under way at a time, so that the disk is never idle and never far behind. */
export const writesAtOnce = 2;

/** Hashes asked of storage in one transaction. */
export const hashesPerLook = 1024;

/** Requests for chunks one holder is given ahead: 4 MiB, enough for 40 MB/s at a round trip of 100 ms. */
export const windowChunks = 16;

/** Requests from one peer's stream that we keep; more break the stream. Twice what our own side ever has outstanding. */
export const requestsMax = 2 * windowChunks;

/** Peers a file is fetched from at a time. More would only split the same downlink. */
export const holdersAtOnce = 4;

/** Streams served to one peer at a time: a few files at once, no more. */
export const servedPerPeerMax = 4;

/** Streams served in all: each may hold one chunk in memory and one on its way. */
export const servedMax = 32;

/** Milliseconds for opening a stream to a holder: a relayed connection may have to be made first. */
export const openMs = 15_000;

/** Milliseconds without a frame after which a holder is given up, and a served stream broken off. One chunk takes that long at 18 kB/s. */
export const silenceMs = 15_000;

/** Milliseconds in which nothing new came from any holder, after which a fetch gives up: twice the patience with one of them. */
export const noHolderMs = 2 * silenceMs;

/** Milliseconds before a holder that failed is asked again, doubled each time up to the second figure. */
export const retryMs = 500;
export const retryMsMax = 10_000;

/** How often a fetch looks for holders it does not know yet, in milliseconds. */
export const lookMs = 1_000;

/** Milliseconds a served stream may stay without a request: the other side may be waiting for its disk or for a better holder. */
export const idleServedMs = 60_000;

/** Room that must have come free in a holder's window before more is asked of it, so that requests travel in bundles. */
export const refillChunks = 4;

/** How often a fetch starts over when storage turns out to have lost chunks meanwhile. */
export const roundsMax = 3;

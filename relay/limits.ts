/** What one relay gives away, to whom, and for how long. Every number has its unit in its name and a reason. */

const kib = 1024;
const mib = 1024 * kib;
const secondMs = 1000;
const minuteMs = 60 * secondMs;

/** WebSocket connections at once, all peers together: about 60 KiB of memory each, so some 120 MiB. */
export const connectionsMax = 2000;
/** WebSocket connections at once from one address: a school behind one router, not one greedy machine. */
export const connectionsPerIpMax = 128;
/** New WebSocket connections that one address may make at once: all of a school, when the relay comes back. */
export const connectsPerIpBurst = 200;
/** New WebSocket connections a second that one address may go on making after its burst. */
export const connectsPerIpPerSecond = 20;
/** Addresses whose burst is remembered. The one longest quiet is forgotten first. */
export const addressesRememberedMax = 10_000;
/** Bytes read ahead from a socket with an upgrade request. A first WebSocket frame fits many times over. */
export const upgradeHeadBytesMax = 64 * kib;
/** Time for the inner listener to accept. It is in the same process: longer means that it is stuck. */
export const innerConnectMs = 5 * secondMs;
/** Time that a socket gets to send what is left, once the other side of its pipe has ended. */
export const pipeFlushMs = 2 * secondMs;
/** Time for a client to send the head of a request: enough for a bad radio link, short for a staller. */
export const headersMs = 15 * secondMs;

/** Places at the relay at once. Each peer that wants to be found behind its router takes one. */
export const reservationsMax = 2000;
/** Places at once for peers from one address, as for connections. */
export const reservationsPerIpMax = 128;
/** How long a place lasts without renewal. Peers renew some minutes earlier; a gone peer frees its place at once. */
export const reservationMs = 30 * minuteMs;
/**
 * Bytes that one relayed connection may carry, both directions together. Most pairs only meet here and go on
 * over WebRTC; a pair that can't gets a sliced file of ordinary size through before it has to dial again.
 */
export const relayedBytesMax = 64 * mib;
/** How long one relayed connection may last, for the same pairs: dialled again, it goes on. */
export const relayedMs = 60 * minuteMs;
/** Time for the hand-over of one relayed connection to its target. */
export const hopMs = 15 * secondMs;
/** Relayed connections that one peer may hold open towards others: larger than any queue has voters. */
export const relayedPerPeerMax = 64;
/** Bytes that a stream may have under way to the relay: 10 MB/s over a line with 100 ms, and a bound on its memory. */
export const streamWindowBytesMax = 1 * mib;

/** How long the DHT keeps a provider record. Peers announce themselves every ten minutes, so two may be missed. */
export const providerMs = 30 * minuteMs;
/** How often expired provider records are removed. */
export const providerSweepMs = 5 * minuteMs;
/** How long an announced address of a peer is handed out. Longer than the record that points to it. */
export const addressMs = 60 * minuteMs;
/**
 * How long a peer's addresses are remembered. It must outlast `providerMs` and its sweep: a provider record
 * whose peer is forgotten makes every look-up of its key fail (kad-dht 16, rpc/handlers/get-providers.js).
 */
export const peerMs = 120 * minuteMs;
/** How often forgotten peers are removed from memory. */
export const peerSweepMs = 10 * minuteMs;
/** Keys under which one peer may be found: one per queue and epoch, with room for many queues. */
export const providerKeysPerPeerMax = 256;
/** Provider records at once. Beyond that the oldest goes first. About 400 bytes each, so 40 MiB. */
export const providerRecordsMax = 100_000;
/** Other entries in memory (addresses of peers, mostly). Beyond that the oldest goes first. */
export const entriesMax = 50_000;
/** One entry in memory. A peer's addresses take under 2 KiB. */
export const entryBytesMax = 16 * kib;

/** Size of a response below which compressing it costs more than it saves. */
export const compressBytesMin = 1 * kib;
/** An `index.html` larger than this is not one of ours. */
export const pageBytesMax = 1 * mib;

/** How often relays on the same network are asked for. */
export const lanQueryMs = 20 * secondMs;
/** Neighbour relays to be connected with. A building has a handful. */
export const neighboursMax = 16;
/** Time for one attempt to connect to a neighbour. */
export const neighbourDialMs = 5 * secondMs;
/** How often the certificate's files are looked at: a renewed one is taken into use without a restart. */
export const certificateCheckMs = 60 * minuteMs;
/** How long a stop may take before open connections are left to the operating system. */
export const stopMs = 1500;

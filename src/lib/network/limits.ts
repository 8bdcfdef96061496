/** Named limits of this room. Times in milliseconds, sizes in bytes. */

/** A stream's receiver lets this many bytes come before it has read any: 2 MiB fill 100 ms at 20 MB/s. */
export const streamWindowBytes = 2 * 1024 * 1024;
/** Room is told to the sender once this much was read, so that telling costs little and the sender never waits. */
export const streamGrantBytes = streamWindowBytes / 8;
/** A single write to a stream is waited for this long; then the other side counts as gone. */
export const drainTimeoutMs = 60_000;
/** Streams one peer may hold open towards us per protocol: a queue's file transfer needs a handful. */
export const inboundStreamsMax = 64;
/** Streams we hold open towards one peer per protocol. */
export const outboundStreamsMax = 128;
/**
 * Who is not wanted here is a stranger, and mostly one who would join: so many of them are attended to at once, with so many streams each, for so
 * long, and with frames of at most so many bytes, which a signed command fits into. All of them together hold 24 MiB at most.
 */
export const strangersMax = 64;
export const strangerStreamsMax = 4;
export const strangerStreamMs = 15_000;
export const strangerFrameBytesMax = 96 * 1024;
/** Connections that strangers hold, of `connectionsMax`: the others are for members. */
export const strangerConnectionsMax = 64;
/** Peers with an outbox: more than any queue has members, fewer than hurt. */
export const outboxesMax = 512;

/**
 * Streams the other side may open before a new connection is set up on ours. libp2p's 10 cut the connection when a
 * burst of requests opens it.
 */
export const earlyStreamsMax = 128;

/** Data channel messages: browsers take 256 KiB, and both ends are ours; larger ones block smaller streams. */
export const dataChannelMessageBytesMax = 65_536;
/** Connections of any kind. A browser starts to suffer at some hundred. */
export const connectionsMax = 150;

/** Every connection is pinged this often … */
export const pingIntervalMs = 3_000;
/** … and cut when no answer came in this time. Longer than a garbage collection or a busy start-up lasts. */
export const pingTimeoutMs = 6_000;

/** A connection that is in doubt must show life in this time. */
export const probeTimeoutMs = 2_000;

/** A dial of one address. WebRTC over a slow relay takes a few seconds. */
export const addressDialTimeoutMs = 10_000;
/** A dial of one peer, all addresses together. */
export const dialTimeoutMs = 20_000;
/** Pause before the next dial of a wanted peer, doubled from the least to the most, each with up to half of it added. */
export const dialPauseLeastMs = 500;
export const dialPauseMostMs = 15_000;
/** The peer with the larger PeerId leaves the dial of a direct connection to the other side for this long. */
export const upgradeYieldMs = 4_000;
/** A relayed connection is kept for this long after a direct one is up: messages on their way still use it. */
export const relayedLingerMs = 2_000;
/** How often the supervisors look around when nothing happens. */
export const supervisePeriodMs = 1_000;
/** Wanted peers: the voters and learners of some queues. */
export const wantedPeersMax = 256;

/** Pause before the next dial of a relay, doubled from the least to the most, each with up to half of it added. */
export const relayPauseLeastMs = 1_000;
export const relayPauseMostMs = 15_000;
/** A relay that took no reservation in this time is said to be full, and tried again later. */
export const reservationWaitMs = 10_000;
/** Relays in use at once: a link names one or two. */
export const relaysMax = 8;

/** Provider records are told again this often: relays forget them after half an hour. */
export const provideIntervalMs = 10 * 60_000;
/** The first looks for others follow each other after this time, doubled each time. */
export const findLeastMs = 2_000;
/** Others are looked for this often while a wanted peer is missing … */
export const findIntervalMs = 30_000;
/** … and this often otherwise. */
export const findIdleIntervalMs = 5 * 60_000;
/** One walk through the relays' table. */
export const findTimeoutMs = 15_000;
/** Rendezvous keys: one for each queue and join, and those of invitations. Each is told again every ten minutes. */
export const rendezvousKeysMax = 256;

/** Answers that a census wants: 1σ is then about 14 % of the peers, for the price of fifty small messages. */
export const censusAnswersWanted = 50;
/** Answers that are taken in one poll: twenty times what was wanted means that the guess was far off, not that more must be kept. */
export const censusAnswersMax = 1_000;
/** By which factor the guess moves when a poll said nothing but "fewer" or "more". */
export const censusGrowth = 10;
/** Parts in which a chance is told. */
export const censusScale = 2 ** 32;
/** Least probability of an answer: 50 answers out of fifty million peers. */
export const censusProbabilityMin = 1e-6;

/** One piece of news passed on by gossip: everyone hears it a few times over, so it is kept small. */
export const newsFrameBytesMax = 64 * 1024;
/** Bytes of news that wait for one peer. */
export const newsOutboxBytesMax = 2 * 1024 * 1024;

import type { ProtocolId, ProtocolLimits } from './port.ts';

const kib = 1024;

/** Raft messages between the replicas of a queue. */
export const raftProtocol: ProtocolId = '/peerprint/raft/1.0.0';
/**
 * Appends are cut at 256 KiB, one entry above that at most; snapshots travel by themselves. Larger frames would hold up heartbeats on a
 * slow link for longer than an election takes.
 */
export const raftLimits: ProtocolLimits = { frameBytesMax: 512 * kib, outboxBytesMax: 5120 * kib };

/** Chunks of a queue's snapshot, for replicas that are too far behind for the log. */
export const snapshotProtocol: ProtocolId = '/peerprint/snapshot/1.0.0';
/** One chunk of 256 KiB and a few words fit into a frame. */
export const snapshotLimits: ProtocolLimits = { frameBytesMax: 320 * kib, outboxBytesMax: 1280 * kib };

/** What was committed, for peers that do not vote, when gossip has not brought it. */
export const listenProtocol: ProtocolId = '/peerprint/listen/1.0.0';
/** An answer of 256 KiB of entries; one entry above that, which is at most a command; or the manifest of a snapshot. */
export const listenLimits: ProtocolLimits = { frameBytesMax: 512 * kib, outboxBytesMax: 1024 * kib };

/** News that a leader tells straight, to listeners that gossip does not reach. */
export const newsProtocol: ProtocolId = '/peerprint/news/1.0.0';
/** One piece of news and a few words; a listener that is slow to read fetches what was dropped. */
export const newsLimits: ProtocolLimits = { frameBytesMax: 65 * kib, outboxBytesMax: 260 * kib };

/** How many peers are there: the question to who leads or to voters, and the answers of a few. Listeners hear the question where they hear news. */
export const censusProtocol: ProtocolId = '/peerprint/census/1.0.0';
/** A signed question of less than 300 bytes and a few words. */
export const censusLimits: ProtocolLimits = { frameBytesMax: 1 * kib, outboxBytesMax: 64 * kib };

/** A signed command on its way to the leader, and the word of what became of it. */
export const commandProtocol: ProtocolId = '/peerprint/command/1.0.0';
/** A command is a person's edit of a queue: 64 KiB holds the largest manifest with room to spare. */
export const commandLimits: ProtocolLimits = { frameBytesMax: 96 * kib, outboxBytesMax: 1024 * kib };

/** Asking to become a member of a queue, with the invitation of a link. */
export const joinProtocol: ProtocolId = '/peerprint/join/1.0.0';
export const joinLimits: ProtocolLimits = { frameBytesMax: 256 * kib, outboxBytesMax: 512 * kib };

/** Telling a replica that it must not go on: it was removed, or a newer life of it is known. */
export const wordProtocol: ProtocolId = '/peerprint/word/1.0.0';
export const wordLimits: ProtocolLimits = { frameBytesMax: 1 * kib, outboxBytesMax: 16 * kib };

/**
 * Asking for that word. Two machines with a copy of one profile have one PeerId: what is sent to it reaches either; an answer
 * comes back to the one that asked.
 */
export const placeProtocol: ProtocolId = '/peerprint/place/1.0.0';
export const placeLimits: ProtocolLimits = { frameBytesMax: 1 * kib, outboxBytesMax: 16 * kib };

/** Proof that a peer votes, for a replica that was away while it came to. */
export const standingProtocol: ProtocolId = '/peerprint/standing/1.0.0';
/** At most 32 signed commands of at most 2.5 KiB each, and a few words. */
export const standingLimits: ProtocolLimits = { frameBytesMax: 96 * kib, outboxBytesMax: 192 * kib };

/** Telling the members of a queue that somebody went on from a copy of it. */
export const heirProtocol: ProtocolId = '/peerprint/heir/1.0.0';
/** A genesis of at most 16 KiB and a link. */
export const heirLimits: ProtocolLimits = { frameBytesMax: 24 * kib, outboxBytesMax: 96 * kib };

/** What never enters the log: who is here, progress, temperatures, files held. */
export const presenceProtocol: ProtocolId = '/peerprint/presence/1.0.0';
export const presenceLimits: ProtocolLimits = { frameBytesMax: 64 * kib, outboxBytesMax: 256 * kib };

/** Chunks of files, by hash. */
export const filesProtocol: ProtocolId = '/peerprint/files/1.0.0';
/** One chunk of 256 KiB and its header fit into a frame. */
export const filesLimits: ProtocolLimits = { frameBytesMax: 512 * kib, outboxBytesMax: 4096 * kib };

/** The DHT of PeerPrint's own relays. */
export const dhtProtocol = '/peerprint/kad/1.0.0';

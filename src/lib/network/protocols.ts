import type { ProtocolId, ProtocolLimits } from './port.ts';

const kib = 1024;

/** Raft messages between the replicas of a queue. */
export const raftProtocol: ProtocolId = '/peerprint/raft/1.0.0';
/**
 * A snapshot travels in one frame, of 2 MiB at most (raft's `snapshotDataBytesMax`); appends are cut far below that. Larger
 * frames would hold up heartbeats on a slow link for longer than an election takes.
 */
export const raftLimits: ProtocolLimits = { frameBytesMax: 2560 * kib, outboxBytesMax: 5120 * kib };

/** A signed command on its way to the leader, and the word of what became of it. */
export const commandProtocol: ProtocolId = '/peerprint/command/1.0.0';
/** A command is a person's edit of a queue: 64 KiB holds the largest manifest with room to spare. */
export const commandLimits: ProtocolLimits = { frameBytesMax: 96 * kib, outboxBytesMax: 1024 * kib };

/** Asking to become a member of a queue, with the invitation of a link. */
export const joinProtocol: ProtocolId = '/peerprint/join/1.0.0';
export const joinLimits: ProtocolLimits = { frameBytesMax: 256 * kib, outboxBytesMax: 512 * kib };

/** What never enters the log: who is here, progress, temperatures, files held. */
export const presenceProtocol: ProtocolId = '/peerprint/presence/1.0.0';
export const presenceLimits: ProtocolLimits = { frameBytesMax: 64 * kib, outboxBytesMax: 256 * kib };

/** Chunks of files, by hash. */
export const filesProtocol: ProtocolId = '/peerprint/files/1.0.0';
/** One chunk of 256 KiB and its header fit into a frame. */
export const filesLimits: ProtocolLimits = { frameBytesMax: 512 * kib, outboxBytesMax: 4096 * kib };

/** The DHT of PeerPrint's own relays. */
export const dhtProtocol = '/peerprint/kad/1.0.0';

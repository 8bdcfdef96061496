/** The replicated print queue: commands, state, refusals. Pure: bytes in, bytes and records out. */
export * from './command.ts';
export * from './entry.ts';
export * from './envelope.ts';
export * from './genesis.ts';
export * as queueLimits from './limits.ts';
export * from './settings.ts';
export * from './state.ts';
export { importedId, isImported } from './importing.ts';
export { othersRow } from './history.ts';
export { QueueState } from './queue-state.ts';
export { invitationRendezvousKey, isLiving, rendezvousKey } from './rendezvous.ts';
export { votersAdvised } from './voters.ts';
export { roleMay } from './tables.ts';
export type { Right } from './tables.ts';
export * from './facts.ts';
export { deeds, malformed, refusalCodes, refusalSchema, unfit } from './refusals.ts';
export type { Deed, QueueRefusal, RefusalCode, RefusalOf } from './refusals.ts';
export { brokenInvariants } from './invariants.ts';

import type { Entry } from './history.ts';

/** A line that was written and not acknowledged. Without an entry it is M110 or out of band. */
export interface Sent {
  readonly entry: Entry | undefined;
  readonly command: string;
  readonly bytes: number;
  readonly atMs: number;
  /** It had been acknowledged before: firmware may drop it without an answer. */
  readonly repeated: boolean;
}

/** Bytes of the lines under way: the printer's receive buffer must hold them. */
export function bytesOf(inFlight: readonly Sent[]): number {
  let bytes = 0;
  for (const sent of inFlight) bytes += sent.bytes;
  return bytes;
}

/** A numbered line that goes out now. */
export function sentNow(entry: Entry, line: string, atMs: number): Sent {
  return { entry, command: entry.command, bytes: line.length + 1, atMs, repeated: entry.done };
}

/** A line without a number of its own that goes out now. */
export function bareSent(command: string, line: string, atMs: number): Sent {
  return { entry: undefined, command, bytes: line.length + 1, atMs, repeated: false };
}

import { type Bytes, assert, utf8 } from '../base/index.ts';
import { crc32 } from './crc32.ts';
import { acknowledgementsMax, recordBytesMax } from './limits.ts';
import type { StoredAcknowledgement, StoredEntry, StoredHardState, StoredSnapshot } from './port.ts';
import { storageRefusal } from './refusals.ts';

/**
 * Rows of a log as bytes. Every row is
 *
 *     format u8 (1) · kind u8 · body · CRC-32 u32, little-endian
 *
 * with the checksum taken over the log's key and then the row, so that a row which strayed in from another log is found
 * as well. Numbers of the body are LEB128 varints of at most 53 bits. Entries carry no index of their own: the row
 * names the first one's.
 */
export const logFormat = 1;

const kinds = { identity: 1, head: 2, snapshot: 3, entries: 4 } as const;
type Kind = keyof typeof kinds;

const frameBytes = 2 + 4;
/** Bytes of the longest number: eight groups of seven bits hold 53. */
const varintBytesMax = 8;

/** The row every append replaces: who may write, how many appends there were, and Raft's hard state. */
export interface Head {
  /** Counts the times this log was opened. Only the newest opener may write. */
  readonly fence: number;
  /** Counts appends: one that was planned behind a failed one finds another number and fails too. */
  readonly sequence: number;
  readonly hardState: StoredHardState;
  /** See `StoredReplica`. */
  readonly provenTo: number;
  readonly acknowledged: readonly StoredAcknowledgement[];
}

/** Entries that were appended together, in order of index from `first` on. */
export interface EntryRecord {
  readonly first: number;
  readonly entries: readonly StoredEntry[];
}

/** Where the checksums of a log's rows begin. */
export function seedOf(key: string): number {
  return crc32(utf8(key));
}

export function encodeIdentity(seed: number, identity: Uint8Array): Bytes {
  const writer = new RowWriter('identity', identity.length);
  writer.bytes(identity);
  return writer.finish(seed);
}

export function decodeIdentity(seed: number, row: Uint8Array): Bytes {
  const reader = new RowReader('identity', seed, row);
  return reader.rest();
}

export function encodeHead(seed: number, head: Head): Bytes {
  const { acknowledged } = head;
  assert(
    acknowledged.length <= acknowledgementsMax,
    `${acknowledged.length} replicas are too many for a head`,
  );
  const writer = new RowWriter('head', (7 + 6 * acknowledged.length) * varintBytesMax);
  writer.number(head.fence);
  writer.number(head.sequence);
  writer.number(head.hardState.term);
  writer.number(head.hardState.vote);
  writer.number(head.hardState.commit);
  writer.number(head.provenTo);
  writer.number(acknowledged.length);
  for (const { replica, epoch, life, term, index, committed } of acknowledged)
    for (const number of [replica, epoch, life, term, index, committed]) writer.number(number);
  return writer.finish(seed);
}

export function decodeHead(seed: number, row: Uint8Array): Head {
  const reader = new RowReader('head', seed, row);
  const fence = reader.number();
  const sequence = reader.number();
  const hardState = { term: reader.number(), vote: reader.number(), commit: reader.number() };
  const provenTo = reader.number();
  const count = reader.number();
  if (count > acknowledgementsMax) throw storageRefusal('corrupt', 'head row: too many replicas');
  const acknowledged: StoredAcknowledgement[] = [];
  for (let i = 0; i < count; i++) {
    const [replica, epoch, life] = [reader.number(), reader.number(), reader.number()];
    const [term, index, committed] = [reader.number(), reader.number(), reader.number()];
    acknowledged.push({ replica, epoch, life, term, index, committed });
  }
  reader.end();
  return { fence, sequence, hardState, provenTo, acknowledged };
}

export function encodeSnapshot(seed: number, snapshot: StoredSnapshot): Bytes {
  const writer = new RowWriter(
    'snapshot',
    4 * varintBytesMax + snapshot.confState.length + snapshot.data.length,
  );
  writer.number(snapshot.term);
  writer.number(snapshot.index);
  writer.number(snapshot.confState.length);
  writer.bytes(snapshot.confState);
  writer.number(snapshot.data.length);
  writer.bytes(snapshot.data);
  return writer.finish(seed);
}

export function decodeSnapshot(seed: number, row: Uint8Array): StoredSnapshot {
  const reader = new RowReader('snapshot', seed, row);
  const term = reader.number();
  const index = reader.number();
  const confState = reader.bytes(reader.number());
  const data = reader.bytes(reader.number());
  reader.end();
  return { term, index, confState, data };
}

/** Packs entries that follow on from each other, at least one. */
export function encodeEntries(seed: number, entries: readonly StoredEntry[]): Bytes {
  const first = entries[0];
  assert(first !== undefined, 'a record of no entries');
  let bytes = 2 * varintBytesMax;
  for (const entry of entries) bytes += 2 * varintBytesMax + 8 + entry.data.length;
  assert(bytes <= recordBytesMax, `${bytes} bytes are too much for one append`);
  const writer = new RowWriter('entries', bytes);
  writer.number(first.index);
  writer.number(entries.length);
  let index = first.index;
  for (const entry of entries) {
    assert(entry.index === index, `entry ${entry.index} stands where ${index} belongs`);
    writer.number(entry.term);
    writer.number(entry.type);
    writer.number(entry.data.length);
    writer.bytes(entry.data);
    index += 1;
  }
  return writer.finish(seed);
}

export function decodeEntries(seed: number, row: Uint8Array): EntryRecord {
  const reader = new RowReader('entries', seed, row);
  const first = reader.number();
  const count = reader.number();
  const entries: StoredEntry[] = [];
  for (let i = 0; i < count; i++) {
    const term = reader.number();
    const type = reader.number();
    entries.push({ term, index: first + i, type, data: reader.bytes(reader.number()) });
  }
  reader.end();
  if (entries.length === 0) throw storageRefusal('corrupt', 'a record without entries');
  return { first, entries };
}

class RowWriter {
  readonly #out: Bytes;
  #at = 2;

  constructor(kind: Kind, bodyBytesMax: number) {
    this.#out = new Uint8Array(bodyBytesMax + frameBytes);
    this.#out[0] = logFormat;
    this.#out[1] = kinds[kind];
  }

  number(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, `${value} can't be stored as a number`);
    let rest = value;
    while (rest >= 0x80) {
      this.#out[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#out[this.#at++] = rest;
  }

  bytes(value: Uint8Array): void {
    this.#out.set(value, this.#at);
    this.#at += value.length;
  }

  finish(seed: number): Bytes {
    const sum = crc32(this.#out, seed, this.#at);
    for (let i = 0; i < 4; i++) this.#out[this.#at++] = (sum >>> (8 * i)) & 0xff;
    // Cut to size with a copy: what is stored is the whole buffer, not the view.
    return this.#out.slice(0, this.#at);
  }
}

/** Reads what RowWriter wrote. Anything else ends in a refusal, never in a wrong value or a read past the end. */
class RowReader {
  readonly #row: Uint8Array;
  readonly #end: number;
  readonly #kind: Kind;
  #at = 2;

  constructor(kind: Kind, seed: number, row: Uint8Array) {
    this.#row = row;
    this.#kind = kind;
    this.#end = row.length - 4;
    if (this.#end < 2) throw this.#damage('too short');
    const format = row[0] ?? 0;
    if (format > logFormat) throw storageRefusal('unknown-format', `log format ${format}`);
    let sum = 0;
    for (let i = 3; i >= 0; i--) sum = sum * 256 + (row[this.#end + i] ?? 0);
    if (crc32(row, seed, this.#end) !== sum) throw this.#damage('wrong checksum');
    if (format !== logFormat || row[1] !== kinds[kind]) throw this.#damage('another kind of row');
  }

  number(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < varintBytesMax && this.#at < this.#end; i++) {
      const byte = this.#row[this.#at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value) || (byte === 0 && i > 0)) break;
        return value;
      }
      scale *= 0x80;
    }
    throw this.#damage('not a number');
  }

  bytes(length: number): Bytes {
    if (length > this.#end - this.#at) throw this.#damage('cut off');
    this.#at += length;
    return this.#row.slice(this.#at - length, this.#at) as Bytes;
  }

  rest(): Bytes {
    return this.bytes(this.#end - this.#at);
  }

  end(): void {
    if (this.#at !== this.#end) throw this.#damage('bytes left over');
  }

  #damage(what: string): Error {
    return storageRefusal('corrupt', `${this.#kind} row: ${what}`);
  }
}

import { type Result, assert, ok, refuse } from '../base/index.ts';
import {
  contextBytesMax,
  entryDataBytesMax,
  membersMax,
  messageBytesMax,
  messageEntriesMax,
  positionMax,
  replicaIdMax,
  snapshotDataBytesMax,
} from './limits.ts';
import { Reader, Writer } from './wire.ts';
import {
  type ConfState,
  type Entry,
  EntryType,
  type HardState,
  type Message,
  MessageType,
  type Snapshot,
  emptySnapshot,
  isLocalType,
  newEntry,
  newMessage,
  noBytes,
  noEntries,
} from './types.ts';

/**
 * Bytes of messages, entries and states. Every encoding begins with its format version; numbers are varints (7 bits
 * a byte, low ones first); a message writes only the fields that are not empty, named by a bit each. Decoders are the
 * edge: they take any bytes, allocate no more than the bytes at hand justify, and answer with a refusal instead of
 * throwing. What they let through has the shape of a message, not yet sense: that is `MessageGuard`'s part.
 */
export const wireVersion = 1;

const has = {
  logTerm: 1,
  index: 2,
  entries: 4,
  commit: 8,
  snapshot: 16,
  reject: 32,
  context: 64,
} as const;
const flagsMax = 127;

const networkTypes: ReadonlySet<number> = new Set(
  Object.values(MessageType).filter((type) => isOnWire(type)),
);

function isOnWire(type: MessageType): boolean {
  return !isLocalType(type) && type !== MessageType.ForgetLeader;
}

/** Reused by all encodings: the core is synchronous, and the bytes are copied out at the end. */
const writer = new Writer();

/** Bytes of a message to another replica. Local messages have no encoding. */
export function encodeMessage(message: Message): Uint8Array<ArrayBuffer> {
  assert(networkTypes.has(message.type), `messages of type ${message.type} do not travel`);
  writer.clear();
  writer.byte(wireVersion);
  writer.byte(message.type);
  const { logTerm, index, entries, commit, snapshot, reject, context } = message;
  writer.byte(
    (logTerm === 0 ? 0 : has.logTerm) |
      (index === 0 ? 0 : has.index) |
      (entries.length === 0 ? 0 : has.entries) |
      (commit === 0 ? 0 : has.commit) |
      (snapshot === undefined ? 0 : has.snapshot) |
      (reject ? has.reject : 0) |
      (context.length === 0 ? 0 : has.context),
  );
  writer.varint(message.to);
  writer.varint(message.from);
  writer.varint(message.term);
  if (logTerm !== 0) writer.varint(logTerm);
  if (index !== 0) writer.varint(index);
  if (commit !== 0) writer.varint(commit);
  if (reject) writer.varint(message.rejectHint);
  if (context.length > 0) writer.block(context);
  if (entries.length > 0) writeEntries(writer, entries);
  if (snapshot !== undefined) writeSnapshot(writer, snapshot);
  return writer.take();
}

/**
 * Reads a message. Refused: too long, unknown version or type, numbers out of range, bytes missing or left over, and whatever would not be
 * encoded to the very same bytes.
 */
export function decodeMessage(bytes: Uint8Array): Result<Message> {
  if (bytes.length > messageBytesMax + snapshotDataBytesMax) return tooLarge(bytes.length);
  const reader = new Reader(bytes);
  if (reader.byte() !== wireVersion) return unknownVersion;
  const type = reader.byte();
  if (!isNetworkType(type)) return refuse('unknown-type', `messages of type ${type} do not travel`);
  const flags = reader.byte();
  const message = newMessage(
    type,
    reader.varint(replicaIdMax),
    reader.varint(replicaIdMax),
    reader.varint(positionMax),
  );
  if ((flags & has.logTerm) !== 0) message.logTerm = present(reader);
  if ((flags & has.index) !== 0) message.index = present(reader);
  if ((flags & has.commit) !== 0) message.commit = present(reader);
  if ((flags & has.reject) !== 0) {
    message.reject = true;
    message.rejectHint = reader.varint(positionMax);
  }
  if ((flags & has.context) !== 0) {
    message.context = reader.block(contextBytesMax);
    // What is empty is not named, so that every message has one form.
    if (message.context.length === 0) reader.fail();
  }
  if ((flags & has.entries) !== 0) {
    message.entries = readEntries(reader);
    if (message.entries.length === 0) reader.fail();
  }
  if ((flags & has.snapshot) !== 0) message.snapshot = readSnapshot(reader);
  return flags > flagsMax || !reader.finished() ? malformed : ok(message);
}

/** Bytes of consecutive entries, for instance of one append to the log. */
export function encodeEntries(entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  writer.clear();
  writer.byte(wireVersion);
  writeEntries(writer, entries);
  return writer.take();
}

export function decodeEntries(bytes: Uint8Array): Result<readonly Entry[]> {
  const reader = new Reader(bytes);
  if (reader.byte() !== wireVersion) return unknownVersion;
  const entries = readEntries(reader);
  return reader.finished() ? ok(entries) : malformed;
}

export function encodeHardState(state: HardState): Uint8Array<ArrayBuffer> {
  writer.clear();
  writer.byte(wireVersion);
  writer.varint(state.term);
  writer.varint(state.vote);
  writer.varint(state.commit);
  return writer.take();
}

export function decodeHardState(bytes: Uint8Array): Result<HardState> {
  const reader = new Reader(bytes);
  if (reader.byte() !== wireVersion) return unknownVersion;
  const state = {
    term: reader.varint(positionMax),
    vote: reader.varint(replicaIdMax),
    commit: reader.varint(positionMax),
  };
  return reader.finished() ? ok(state) : malformed;
}

/** Bytes of a snapshot: its place, its configuration and its data. */
export function encodeSnapshot(snapshot: Snapshot): Uint8Array<ArrayBuffer> {
  writer.clear();
  writer.byte(wireVersion);
  writeSnapshot(writer, snapshot);
  return writer.take();
}

export function decodeSnapshot(bytes: Uint8Array): Result<Snapshot> {
  const reader = new Reader(bytes);
  if (reader.byte() !== wireVersion) return unknownVersion;
  const snapshot = readSnapshot(reader);
  return reader.finished() ? ok(snapshot) : malformed;
}

const malformed = refuse('malformed', 'the bytes are not a message of this protocol');
const unknownVersion = refuse('unknown-version', 'the bytes are of a format version that is not known here');

function tooLarge(length: number): ReturnType<typeof refuse> {
  return refuse('too-large', `a message of ${length} bytes is larger than the limit`);
}

/** A number that is named because it is not zero. */
function present(reader: Reader): number {
  const value = reader.varint(positionMax);
  if (value === 0) reader.fail();
  return value;
}

function isNetworkType(type: number): type is MessageType {
  return networkTypes.has(type);
}

/**
 * Entries of a message follow each other and mostly share their term: place and term are written once, then each
 * entry's type (2 bits), whether its term differs (1 bit) and its length in one number. Proposals have no place yet.
 */
function writeEntries(out: Writer, entries: readonly Entry[]): void {
  out.varint(entries.length);
  const first = entries[0];
  if (first === undefined) return;
  out.varint(first.index);
  let term = first.term;
  out.varint(term);
  for (const entry of entries) {
    const newTerm = entry.term !== term;
    out.varint(entry.data.length * 8 + (newTerm ? 4 : 0) + entry.type);
    if (newTerm) {
      term = entry.term;
      out.varint(term);
    }
    out.raw(entry.data);
  }
}

function readEntries(reader: Reader): readonly Entry[] {
  const count = reader.varint(messageEntriesMax);
  if (count === 0) return noEntries;
  const index = reader.varint(positionMax);
  let term = reader.varint(positionMax);
  // Every entry needs a byte: more entries than bytes are refused before anything is allocated.
  if (count > reader.remaining) {
    reader.fail();
    return noEntries;
  }
  const entries: Entry[] = [];
  for (let i = 0; i < count && !reader.failed; i++) {
    const head = reader.varint(entryDataBytesMax * 8 + 7);
    const type = head % 4;
    if (!isEntryType(type)) {
      reader.fail();
      break;
    }
    if (head % 8 >= 4) {
      const before = term;
      term = reader.varint(positionMax);
      // The first one's term is told once, and only another one is told anew.
      if (i === 0 || term === before) reader.fail();
    }
    const data = reader.raw(Math.floor(head / 8));
    entries.push(newEntry(term, index === 0 ? 0 : index + i, type, data));
  }
  return entries;
}

function isEntryType(type: number): type is EntryType {
  return type === EntryType.Normal || type === EntryType.ConfChange || type === EntryType.ConfChangeV2;
}

function writeSnapshot(out: Writer, snapshot: Snapshot): void {
  out.varint(snapshot.index);
  out.varint(snapshot.term);
  const { voters, learners, votersOutgoing, learnersNext, autoLeave } = snapshot.confState;
  for (const ids of [voters, learners, votersOutgoing, learnersNext]) {
    out.varint(ids.length);
    for (const id of ids) out.varint(id);
  }
  out.byte(autoLeave ? 1 : 0);
  out.block(snapshot.data);
}

function readSnapshot(reader: Reader): Snapshot {
  const index = reader.varint(positionMax);
  const term = reader.varint(positionMax);
  const confState: ConfState = {
    voters: readIds(reader),
    learners: readIds(reader),
    votersOutgoing: readIds(reader),
    learnersNext: readIds(reader),
    autoLeave: readFlag(reader),
  };
  const data = reader.block(snapshotDataBytesMax);
  return reader.failed ? emptySnapshot : { index, term, confState, data: data.length === 0 ? noBytes : data };
}

function readIds(reader: Reader): readonly number[] {
  const count = reader.varint(membersMax);
  const ids: number[] = [];
  for (let i = 0; i < count && !reader.failed; i++) ids.push(reader.varint(replicaIdMax));
  return ids;
}

function readFlag(reader: Reader): boolean {
  const flag = reader.byte();
  if (flag > 1) reader.fail();
  return flag === 1;
}

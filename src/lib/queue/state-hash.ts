import type { Bytes, JobId } from '../base/index.ts';
import { sha256 } from '../base/index.ts';
import { rowSumBytes } from './limits.ts';
import { Writer } from './pack.ts';
import {
  formatVersion,
  writeInvitation,
  writeMember,
  writeRemoved,
  writeRendezvous,
  writeSession,
  writeVouchers,
} from './snapshot.ts';
import {
  writeEnded,
  writeFile,
  writeJob,
  writePrint,
  writePrinter,
  writeSet,
  writeTotals,
} from './snapshot-work.ts';
import type { Rows } from './rows.ts';
import type { Job } from './state.ts';
import type { Tables } from './tables.ts';

/** A table as the hash sees it: what was touched, and how a row is written. */
interface Source {
  /** Takes away what was touched since the last time. */
  touched(each: (before: (() => void) | undefined, now: (() => void) | undefined) => void): void;
  /** Every row there is. */
  every(each: (row: () => void) => void): void;
}

/**
 * The hash of a state, cheap at any size: the SHA-256 of the head of the queue and of a sum over the SHA-256 of every row (eight words, each
 * added modulo 2^32). A changed row is taken out of the sum as it was and put in as it is. The order of jobs counts as rows of its
 * own, “this job stands behind that one”. The sum finds replicas that went apart; it is no proof against somebody who chooses
 * rows to collide, and need not be: all replicas apply the same commands, and voters, who sign it, are trusted.
 */
export class StateHash {
  readonly #tables: Tables;
  readonly #sources: readonly Source[];
  readonly #row = new Writer();
  #sum: Uint32Array;
  #digest: { readonly index: number; readonly bytes: Bytes } | undefined;

  /** @param rowSum the sum as a snapshot has it; without, the rows are summed up now. From here on the tables note what changes. */
  constructor(tables: Tables, rowSum?: Bytes) {
    this.#tables = tables;
    this.#sources = this.#all();
    this.#sum = rowSum === undefined ? this.#sumUp() : toWords(rowSum);
    tables.noting.on = true;
  }

  rowSum(): Bytes {
    for (const source of this.#sources) {
      source.touched((before, now) => {
        if (before !== undefined) this.#add(this.#sum, before, -1);
        if (now !== undefined) this.#add(this.#sum, now, 1);
      });
    }
    return toBytes(this.#sum);
  }

  digest(): Bytes {
    const { index } = this.#tables;
    if (this.#digest?.index !== index) this.#digest = { index, bytes: this.#rootOf(this.rowSum()) };
    return this.#digest.bytes;
  }

  proven(): Bytes {
    return this.#rootOf(toBytes(this.#sumUp()));
  }

  #rootOf(rowSum: Bytes): Bytes {
    const tables = this.#tables;
    const w = this.#row;
    w.reset();
    w.uint(formatVersion);
    w.uint(tables.rules);
    w.bytes(tables.genesis.digest);
    w.uint(tables.index);
    w.uint(tables.stampMs);
    w.text(tables.name);
    w.value(tables.settings);
    w.uint(tables.relays.length);
    for (const relay of tables.relays) w.text(relay);
    w.uint(tables.nextReplicaId);
    writeRendezvous(w, tables);
    writeTotals(w, tables.totals.all);
    w.bytes(rowSum);
    return sha256(w.view());
  }

  #sumUp(): Uint32Array {
    const sum = new Uint32Array(rowSumBytes / 4);
    for (const source of this.#sources) source.every((row) => this.#add(sum, row, 1));
    return sum;
  }

  #add(sum: Uint32Array, write: () => void, sign: 1 | -1): void {
    this.#row.reset();
    write();
    const digest = toWords(sha256(this.#row.view()));
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + sign * (digest[i] ?? 0);
  }

  /** Each table under a number of its own, so that equal rows of two tables differ. */
  #all(): readonly Source[] {
    const t = this.#tables;
    const w = this.#row;
    return [
      this.#table(1, t.members, (_, member) => writeMember(w, member)),
      this.#table(2, t.removed, (peer, removed) => {
        w.text(peer);
        writeRemoved(w, removed);
      }),
      this.#table(3, t.invitations, (_, invitation) => writeInvitation(w, invitation)),
      this.#table(4, t.sessions, (_, session) => writeSession(w, session)),
      this.#table(5, t.files, (_, file) => writeFile(w, file)),
      this.#table(6, t.idleFiles, (id) => w.text(id)),
      this.#jobs(7, 17),
      this.#table(8, t.doneJobs, (id) => w.text(id)),
      this.#table(9, t.sets, (_, set) => {
        w.text(set.job);
        writeSet(w, set);
      }),
      this.#table(10, t.prints, (_, print) => writePrint(w, print)),
      this.#table(11, t.printers, (_, printer) => writePrinter(w, printer)),
      this.#table(12, t.history, (_, entry) => writeEnded(w, entry)),
      this.#table(13, t.awaited, (_, entry) => writeEnded(w, entry)),
      ...[t.totals.byPrinter, t.totals.byPerson, t.totals.byMaterial].map((table, i) =>
        this.#table(14 + i, table, (key, totals) => {
          w.text(key);
          writeTotals(w, totals);
        }),
      ),
      this.#table(18, t.vouchers, (peer, vouchers) => {
        w.text(peer);
        writeVouchers(w, vouchers);
      }),
    ];
  }

  #table<Key, Row>(tag: number, rows: Rows<Key, Row>, write: (key: Key, row: Row) => void): Source {
    const row = (key: Key, value: Row | undefined) =>
      value === undefined
        ? undefined
        : () => {
            this.#row.uint(tag);
            write(key, value);
          };
    return {
      touched(each) {
        for (const { key, before, now } of rows.takeTouched()) {
          if (before !== now) each(row(key, before), row(key, now));
        }
      },
      every(each) {
        for (const [key, value] of rows) each(row(key, value) ?? nothing);
      },
    };
  }

  /** Jobs, and where each stands. */
  #jobs(rowTag: number, placeTag: number): Source {
    const { jobs } = this.#tables;
    const w = this.#row;
    const row = (job: Job | undefined) =>
      job &&
      (() => {
        w.uint(rowTag);
        writeJob(w, job);
        w.uint(job.sets.length);
        for (const set of job.sets) w.text(set);
      });
    const place = (job: JobId, before: JobId | null | undefined) =>
      before === undefined
        ? undefined
        : () => {
            w.uint(placeTag);
            w.text(job);
            w.text(before ?? '');
          };
    return {
      touched(each) {
        jobs.takeTouched(
          ({ before, now }) => {
            if (before !== now) each(row(before), row(now));
          },
          ({ key, before, now }) => {
            if (before !== now) each(place(key, before), place(key, now));
          },
        );
      },
      every(each) {
        let before: JobId | null = null;
        for (const job of jobs.from()) {
          each(row(job) ?? nothing);
          each(place(job.id, before) ?? nothing);
          before = job.id;
        }
      },
    };
  }
}

const nothing = () => undefined;

/** Little-endian on every machine. */
function toWords(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words = new Uint32Array(bytes.length / 4);
  for (let i = 0; i < words.length; i++) words[i] = view.getUint32(i * 4, true);
  return words;
}

function toBytes(words: Uint32Array): Bytes {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(i * 4, word, true));
  return bytes;
}

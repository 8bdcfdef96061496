import { describe, expect, test } from 'vitest';
import { utf8 } from '../base/index.ts';
import { Replica, entry, logOf, message } from './testing.ts';
import { type Message, MessageType, appendThread, applyThread, emptyConfState } from './types.ts';

const { App, AppResp, StorageAppend, StorageApply, VoteResp } = MessageType;

/** A follower whose storage work piles up until a test does it. */
class Pipeline {
  readonly replica = new Replica({}, { asyncStorageWrites: true });
  readonly appends: Message[] = [];
  readonly applies: Message[] = [];
  readonly sent: Message[] = [];

  step(...messages: readonly Message[]): void {
    for (const item of messages) this.replica.node.step(item);
    this.collect();
  }

  collect(): void {
    while (this.replica.node.hasReady()) {
      for (const item of this.replica.node.ready().messages) {
        if (item.to === appendThread) this.appends.push(item);
        else if (item.to === applyThread) this.applies.push(item);
        else this.sent.push(item);
      }
    }
  }

  /** Does the oldest write and delivers what waited for it. */
  write(): void {
    const work = this.appends.shift();
    if (work === undefined) throw new Error('no write is due');
    if (work.snapshot !== undefined) this.replica.storage.applySnapshot(work.snapshot);
    this.replica.storage.append(work.entries);
    this.#deliver(work);
  }

  apply(): void {
    const work = this.applies.shift();
    if (work === undefined) throw new Error('nothing is to be applied');
    this.#deliver(work);
  }

  #deliver(work: Message): void {
    for (const response of work.responses) {
      if (response.to === this.replica.node.id) this.replica.node.step(response);
      else this.sent.push(response);
    }
    this.collect();
  }
}

describe('asynchronous storage writes', () => {
  test('acknowledge entries only after they are written', () => {
    const pipeline = new Pipeline();
    pipeline.step(message(App, 2, 1, { entries: logOf(1) }));
    expect(pipeline.sent).toEqual([]);
    pipeline.write();
    expect(pipeline.sent.map(({ type, index }) => [type, index])).toEqual([[AppResp, 1]]);
  });

  test('may have several appends under way, acknowledged in order', () => {
    const pipeline = new Pipeline();
    pipeline.step(message(App, 2, 1, { entries: logOf(1) }));
    pipeline.step(message(App, 2, 1, { index: 1, logTerm: 1, entries: [entry(1, 2)] }));
    expect(pipeline.appends.map(({ entries }) => entries.length)).toEqual([1, 1]);
    pipeline.write();
    pipeline.write();
    expect(pipeline.sent.map(({ index }) => index)).toEqual([1, 2]);
    expect(pipeline.replica.terms()).toEqual([1, 1]);
  });

  test('do not take an old confirmation for that of entries that came back after being replaced (the ABA race)', () => {
    const pipeline = new Pipeline();
    const first = [entry(1, 1, 'a')];
    pipeline.step(message(App, 2, 1, { entries: first }));
    pipeline.step(message(App, 3, 2, { entries: [entry(2, 1, 'b')] }));
    pipeline.step(message(App, 2, 3, { entries: first }));
    // The first write is confirmed, but the second will still overwrite it in storage.
    pipeline.write();
    expect(pipeline.replica.terms()).toEqual([1]);
    pipeline.write();
    expect(pipeline.replica.terms()).toEqual([2]);
    // Whoever reads the log now must see what the third write will leave there.
    const status = pipeline.replica.node.status();
    expect(status.lastIndex).toBe(1);
    pipeline.step(message(App, 2, 3, { index: 1, logTerm: 1 }));
    expect(pipeline.sent.some(({ reject }) => reject)).toBe(false);
    while (pipeline.appends.length > 0) pipeline.write();
    expect(pipeline.replica.terms()).toEqual([1]);
  });

  test('apply only what is written on this very replica', () => {
    const pipeline = new Pipeline();
    pipeline.step(message(App, 2, 1, { entries: logOf(1, 1), commit: 2 }));
    expect(pipeline.applies).toEqual([]);
    pipeline.write();
    expect(pipeline.applies.map(({ type, entries }) => [type, entries.length])).toEqual([[StorageApply, 2]]);
    expect(pipeline.replica.node.applied).toBe(0);
    pipeline.apply();
    expect(pipeline.replica.node.applied).toBe(2);
  });

  test('take the installation of a snapshot into account in any term', () => {
    const pipeline = new Pipeline();
    const confState = { ...emptyConfState, voters: [1, 2, 3] };
    pipeline.step(
      message(MessageType.Snap, 2, 1, { snapshot: { index: 9, term: 1, confState, data: utf8('s') } }),
    );
    pipeline.step(message(MessageType.Heartbeat, 3, 5));
    pipeline.write();
    expect(pipeline.replica.node.applied).toBe(9);
  });

  test('count the leader’s own log only after it is written', () => {
    const pipeline = new Pipeline();
    pipeline.replica.node.campaign();
    pipeline.collect();
    pipeline.write();
    pipeline.step(message(VoteResp, 2, 1));
    expect(pipeline.appends.map(({ type }) => type)).toEqual([StorageAppend]);
    expect(pipeline.replica.node.commit).toBe(0);
    pipeline.step(message(AppResp, 2, 1, { index: 1 }));
    expect(pipeline.replica.node.commit).toBe(0);
    pipeline.step(message(AppResp, 3, 1, { index: 1 }));
    // Two others are a majority: the leader's own disk may be the slowest.
    expect(pipeline.replica.node.commit).toBe(1);
  });
});

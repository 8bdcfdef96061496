import { describe, expect, test } from 'vitest';
import { type Bytes, ManualClock, equalBytes, hex, must, sha256, silentLog } from '../../base/index.ts';
import { type Message, MessageType, newMessage } from '../../raft/index.ts';
import { snapshotChunkBytes, snapshotRetryMs, snapshotsKeptMs } from '../limits.ts';
import { chunkHash, chunkOf, manifestOf, parseManifest } from './snapshot-manifest.ts';
import { SnapshotPull } from './snapshot-pull.ts';
import { SnapshotShelf } from './snapshot-shelf.ts';

/** Data of a few chunks, the last one short; every chunk another. */
function dataOf(chunks: number, salt = 0): Bytes {
  const data = new Uint8Array(chunks * snapshotChunkBytes - 100);
  for (let i = 0; i < data.length; i += 64) data[i] = Math.floor(i / snapshotChunkBytes) + salt;
  return data;
}

function offerOf(data: Uint8Array, index = 7, from = 1, term = 3): Message {
  const message = newMessage(MessageType.Snap, 2, from, term);
  const confState = { voters: [1], learners: [2], votersOutgoing: [], learnersNext: [], autoLeave: false };
  message.snapshot = { index, term, confState, data: manifestOf(data).bytes };
  return message;
}

type Answer = (replica: number, chunk: number) => Promise<Bytes | undefined>;

/** A pull whose questions are answered by hand. */
class Desk {
  readonly clock = new ManualClock();
  readonly asked: string[] = [];
  readonly whole: Message[] = [];
  answer: Answer;
  readonly pull: SnapshotPull;

  constructor(answer: Answer) {
    this.answer = answer;
    this.pull = new SnapshotPull({
      clock: this.clock,
      log: silentLog,
      ask: (replica, _digest, chunk) => {
        this.asked.push(`${replica}:${chunk}`);
        return this.answer(replica, chunk);
      },
      onWhole: (message) => this.whole.push(message),
      onProgress: () => undefined,
    });
  }

  async settle(ms = 0): Promise<void> {
    this.clock.advance(ms);
    for (let i = 0; i < 50; i++) await Promise.resolve();
  }
}

const from =
  (data: Uint8Array): Answer =>
  (_replica, chunk) =>
    Promise.resolve(chunkOf(data, chunk).slice() as Bytes);

test('the bytes of manifest version 1 stay as they are (golden vector)', () => {
  const data = new Uint8Array(snapshotChunkBytes + 1).fill(7);
  const first = hex(sha256(data.subarray(0, snapshotChunkBytes)));
  expect(hex(manifestOf(data).bytes)).toBe(
    `0100040001${first}ca358758f6d27e6cf45272937977a748fd88391db679ceda7dc7bf1f005ee879`,
  );
  expect(manifestOf(data).name).toBe(hex(sha256(manifestOf(data).bytes)));
});

test('a manifest of another version, without data, cut short or too long is refused', () => {
  const { bytes } = manifestOf(dataOf(2));
  expect(parseManifest(bytes).ok).toBe(true);
  for (let length = 0; length < bytes.length; length++)
    expect(parseManifest(bytes.subarray(0, length)).ok).toBe(false);
  expect(parseManifest(Uint8Array.of(...bytes, 0)).ok).toBe(false);
  expect(parseManifest(Uint8Array.of(2, ...bytes.subarray(1))).ok).toBe(false);
  expect(parseManifest(Uint8Array.of(1, 0, 0, 0, 0)).ok).toBe(false);
  expect(parseManifest(Uint8Array.of(1, 255, 255, 255, 255, ...bytes.subarray(5))).ok).toBe(false);
});

describe('a pull of a snapshot', () => {
  test('asks for a few chunks at a time and gives the message with its data', async () => {
    const data = dataOf(7);
    let most = 0;
    let open = 0;
    const desk = new Desk(async (_replica, chunk) => {
      most = Math.max(most, ++open);
      await Promise.resolve();
      open--;
      return chunkOf(data, chunk).slice() as Bytes;
    });
    desk.pull.offered(offerOf(data));
    await desk.settle();
    expect(desk.whole.map((message) => equalBytes(message.snapshot?.data ?? new Uint8Array(), data))).toEqual(
      [true],
    );
    expect(desk.asked.length).toBe(7);
    expect(most).toBe(3);
  });

  test('asks again for a chunk that was lost, and for that one only', async () => {
    const data = dataOf(4);
    let lost = false;
    const desk = new Desk((replica, chunk) => {
      if (chunk !== 2 || lost) return from(data)(replica, chunk);
      lost = true;
      return Promise.reject(new Error('The connection was lost.'));
    });
    desk.pull.offered(offerOf(data));
    await desk.settle();
    expect(desk.whole.length).toBe(0);
    expect(desk.pull.progress?.bytesHere).toBe(3 * snapshotChunkBytes);
    await desk.settle(snapshotRetryMs);
    expect(desk.whole.length).toBe(1);
    expect(desk.asked.filter((each) => each === '1:2').length).toBe(2);
    expect(desk.asked.length).toBe(5);
  });

  test('throws wrong bytes away, and takes them only when they are right', async () => {
    const data = dataOf(3);
    let lies = 2;
    const desk = new Desk((replica, chunk) =>
      chunk === 1 && lies-- > 0
        ? Promise.resolve(new Uint8Array(snapshotChunkBytes))
        : from(data)(replica, chunk),
    );
    desk.pull.offered(offerOf(data));
    await desk.settle();
    expect(desk.whole.length).toBe(0);
    await desk.settle(snapshotRetryMs);
    expect(desk.whole.length).toBe(0);
    await desk.settle(snapshotRetryMs);
    expect(equalBytes(desk.whole[0]?.snapshot?.data ?? new Uint8Array(), data)).toBe(true);
  });

  test('goes on with the next leader where it was, when that offers the same snapshot', async () => {
    const data = dataOf(5);
    const desk = new Desk((replica, chunk) =>
      chunk < 3 ? from(data)(replica, chunk) : Promise.reject(new Error('The peer is gone.')),
    );
    desk.pull.offered(offerOf(data, 7, 1, 3));
    await desk.settle();
    desk.answer = from(data);
    desk.asked.length = 0;
    desk.pull.offered(offerOf(data, 7, 3, 4));
    await desk.settle();
    expect(desk.asked).toEqual(['3:3', '3:4']);
    expect(desk.whole.map(({ from: leader, term }) => [leader, term])).toEqual([[3, 4]]);
  });

  test('waits for the next offer when its leader has the snapshot no more, and takes over what a newer one shares', async () => {
    const old = dataOf(4);
    const desk = new Desk((replica, chunk) =>
      chunk < 2 ? from(old)(replica, chunk) : Promise.resolve(undefined),
    );
    desk.pull.offered(offerOf(old));
    await desk.settle(10 * snapshotRetryMs);
    expect(desk.asked).toEqual(['1:0', '1:1', '1:2', '1:3']);
    const newer = old.slice();
    newer.set(Uint8Array.of(9, 9, 9), 2.5 * snapshotChunkBytes);
    desk.answer = from(newer);
    desk.asked.length = 0;
    desk.pull.offered(offerOf(newer, 9));
    await desk.settle();
    expect(desk.asked).toEqual(['1:2', '1:3']);
    expect(desk.whole.map((message) => message.snapshot?.index)).toEqual([9]);
    expect(equalBytes(desk.whole[0]?.snapshot?.data ?? new Uint8Array(), newer)).toBe(true);
  });

  test('that is not needed any more asks nothing more and gives nothing', async () => {
    const data = dataOf(5);
    const desk = new Desk(from(data));
    desk.pull.offered(offerOf(data));
    desk.pull.drop();
    await desk.settle(10 * snapshotRetryMs);
    expect(desk.asked.length).toBe(3);
    expect(desk.whole.length).toBe(0);
    expect(desk.pull.progress).toBeUndefined();
  });
});

describe('snapshots on offer', () => {
  const snapshotOf = (data: Uint8Array) => must(offerOf(data).snapshot, 'a snapshot');

  test('are served by chunk, while a newer one is made, and each chunk matches the manifest', () => {
    const shelf = new SnapshotShelf(new ManualClock());
    const old = dataOf(3);
    const offered = parseManifest(shelf.offer({ ...snapshotOf(old), data: old }).data);
    const manifest = must(offered.ok ? offered.value : undefined, 'a manifest');
    shelf.offer({ ...snapshotOf(old), data: dataOf(2, 50) });
    for (let chunk = 0; chunk < 3; chunk++) {
      const bytes = must(shelf.chunk(manifest.name, chunk), 'a chunk');
      expect(sha256(bytes)).toEqual(chunkHash(manifest, chunk));
    }
    expect(shelf.chunk(manifest.name, 3)).toBeUndefined();
    expect(shelf.chunk('00', 0)).toBeUndefined();
  });

  test('are let go of: those unused longest when there are many, all after a while', () => {
    const clock = new ManualClock();
    const shelf = new SnapshotShelf(clock);
    const all = [0, 1, 2, 3].map((salt) => dataOf(1, salt));
    const names = all.map((data) => manifestOf(data).name);
    for (const data of all) shelf.offer({ ...snapshotOf(data), data });
    expect(names.map((name) => shelf.chunk(name, 0) !== undefined)).toEqual([false, true, true, true]);
    clock.advance(snapshotsKeptMs - 1);
    shelf.chunk(names[2] ?? '', 0);
    clock.advance(2);
    shelf.sweep();
    expect(names.map((name) => shelf.chunk(name, 0) !== undefined)).toEqual([false, false, true, false]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Bytes,
  ManualClock,
  type PeerId,
  RefusalError,
  equalBytes,
  seededRandom,
  silentLog,
} from '../base/index.ts';
import { MemoryNetwork, type Wire, type WireStream, filesLimits, filesProtocol } from '../network/index.ts';
import { openMemoryStore } from '../storage/index.ts';
import type { Store } from '../storage/port.ts';
import { type Asking, encodeAnswer, encodeAsking, parseAnswer, parseAsking } from './frames.ts';
import { chunkBytes, holdersAtOnce, servedPerPeerMax } from './limits.ts';
import type { FileManifest } from './manifest.ts';
import { FileStore } from './store.ts';
import { added, filled } from './test-files.ts';
import { FileTransfer } from './transfer.ts';

interface Peer {
  readonly id: PeerId;
  readonly wire: Wire;
  readonly store: Store;
  readonly files: FileStore;
  readonly transfer: FileTransfer;
}

/** Peers in one thread under a clock that the tests move. */
class World {
  readonly clock = new ManualClock();
  readonly network = new MemoryNetwork({ clock: this.clock, random: seededRandom(1), detectMs: 50 });
  /** Chunks served, by holder. */
  readonly served = new Map<PeerId, number>();

  async peer(name: string, mayServe = true): Promise<Peer> {
    const id = name as PeerId;
    const wire = this.network.join(id);
    const store = openMemoryStore();
    const files = await FileStore.open(store, silentLog);
    const read = files.readChunk.bind(files);
    files.readChunk = (file, index) => {
      this.served.set(id, (this.served.get(id) ?? 0) + 1);
      return read(file, index);
    };
    const transfer = new FileTransfer({
      files,
      wire,
      clock: this.clock,
      log: silentLog,
      mayServe: () => mayServe,
    });
    return { id, wire, store, files, transfer };
  }

  /** A peer that answers the files protocol as it likes. */
  rogue(name: string, onStream: (stream: WireStream) => Promise<void>): PeerId {
    const id = name as PeerId;
    this.network.join(id).handleStreams(filesProtocol, filesLimits, (_from, stream) => onStream(stream));
    return id;
  }

  /** Moves time until the promise has settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const mark = (): void => void (settled = true);
    promise.then(mark, mark);
    for (let turn = 0; !settled; turn++) {
      if (turn > 200_000) throw new Error('nothing settles');
      await new Promise((resolve) => setImmediate(resolve));
      this.clock.advance(5);
    }
    return promise;
  }

  servedInAll(): number {
    return [...this.served.values()].reduce((sum, count) => sum + count, 0);
  }
}

async function expectWhole(peer: Peer, manifest: FileManifest, bytes: Bytes): Promise<void> {
  const open = peer.files.open(manifest.id);
  expect(open?.size).toBe(bytes.length);
  let at = 0;
  for await (const part of open?.chunks() ?? []) {
    expect(equalBytes(part, bytes.subarray(at, at + part.length))).toBe(true);
    at += part.length;
  }
  expect(at).toBe(bytes.length);
}

const bytes = filled(40 * chunkBytes + 123, 11);

describe('fetching a file', () => {
  it('brings it here whole, under its name, and tells the progress', async () => {
    const world = new World();
    const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
    const manifest = await added(anna.files, bytes, 'benchy.gcode');
    const done: number[] = [];
    const result = await world.until(
      ben.transfer.fetch({
        id: manifest.id,
        holders: () => [anna.id],
        onProgress: ({ chunksHere }) => done.push(chunksHere),
      }),
    );
    expect(result).toMatchObject({ ok: true, value: { name: 'benchy.gcode', size: bytes.length } });
    await expectWhole(ben, manifest, bytes);
    expect(done.at(-1)).toBe(41);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(world.servedInAll()).toBe(41 + 41);
  });

  it('is over at once when the file is here already', async () => {
    const world = new World();
    const anna = await world.peer('anna');
    const manifest = await added(anna.files, bytes);
    expect((await anna.transfer.fetch({ id: manifest.id, holders: () => [] })).ok).toBe(true);
  });

  it('takes it from several holders side by side, also from those that have only a part', async () => {
    const world = new World();
    const anna = await world.peer('anna');
    const manifest = await added(anna.files, bytes);
    const halves = await Promise.all(['ben', 'cleo'].map((name) => world.peer(name)));
    for (const [half, peer] of halves.entries()) {
      await peer.files.begin(manifest);
      for (let index = half; index < 41; index += 2) {
        const piece = bytes.slice(index * chunkBytes, (index + 1) * chunkBytes);
        await peer.files.keepChunks(manifest.id, [{ index, bytes: piece }]);
      }
    }
    const dora = await world.peer('dora');
    const holders = halves.map((peer) => peer.id);
    const result = await world.until(dora.transfer.fetch({ id: manifest.id, holders: () => holders }));
    expect(result.ok).toBe(true);
    await expectWhole(dora, manifest, bytes);
    expect(world.served.get(halves[0]?.id ?? anna.id)).toBeGreaterThan(10);
    expect(world.served.get(halves[1]?.id ?? anna.id)).toBeGreaterThan(10);
  });

  it('goes on from another holder when one is lost', async () => {
    const world = new World();
    const [anna, ben, cleo] = [await world.peer('anna'), await world.peer('ben'), await world.peer('cleo')];
    const manifest = await added(anna.files, bytes);
    await added(ben.files, bytes);
    let crashed = false;
    const result = await world.until(
      cleo.transfer.fetch({
        id: manifest.id,
        holders: () => [anna.id, ...(crashed ? [ben.id] : [])],
        onProgress: ({ chunksHere }) => {
          if (chunksHere < 10 || crashed) return;
          crashed = true;
          world.network.crash(anna.id);
        },
      }),
    );
    expect(result.ok).toBe(true);
    expect(crashed).toBe(true);
    await expectWhole(cleo, manifest, bytes);
  });

  it('goes on by itself when the only holder comes back', async () => {
    const world = new World();
    const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
    const manifest = await added(anna.files, bytes);
    let cut = false;
    const result = await world.until(
      ben.transfer.fetch({
        id: manifest.id,
        holders: () => [anna.id],
        onProgress: ({ chunksHere }) => {
          if (chunksHere < 10 || cut) return;
          cut = true;
          world.network.cut(anna.id, ben.id);
          world.clock.after(8_000, () => world.network.heal());
        },
      }),
    );
    expect(cut && result.ok).toBe(true);
    await expectWhole(ben, manifest, bytes);
  });

  it('says so when nobody has it, nobody can be reached, or nobody gives it', async () => {
    const world = new World();
    const [anna, ben, cleo] = [
      await world.peer('anna', false),
      await world.peer('ben'),
      await world.peer('cleo'),
    ];
    const manifest = await added(anna.files, bytes);
    for (const holders of [[], [anna.id], [ben.id], ['nobody' as PeerId]]) {
      const result = await world.until(cleo.transfer.fetch({ id: manifest.id, holders: () => holders }));
      expect(result).toMatchObject({ ok: false, refusal: { code: 'no-holder' } });
    }
    expect(world.clock.monotonicMs()).toBeLessThan(4 * 60_000);
  });

  it('stops when storage is full, says so, and keeps what arrived', async () => {
    const world = new World();
    const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
    const manifest = await added(anna.files, bytes);
    const putMany = ben.store.chunks.putMany.bind(ben.store.chunks);
    let writes = 0;
    ben.store.chunks.putMany = async (chunks) => {
      if (++writes > 3) throw new RefusalError({ code: 'storage-full', text: 'full' });
      await putMany(chunks);
    };
    const fetch = { id: manifest.id, holders: () => [anna.id] };
    expect(await world.until(ben.transfer.fetch(fetch))).toMatchObject({
      ok: false,
      refusal: { code: 'storage-full' },
    });
    expect((await ben.files.progress(manifest.id))?.chunksHere).toBe(24);
    ben.store.chunks.putMany = putMany;
    expect((await world.until(ben.transfer.fetch(fetch))).ok).toBe(true);
  });

  it('reads no more from the network than the disk keeps up with', async () => {
    const world = new World();
    const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
    const large = filled(120 * chunkBytes, 12);
    const manifest = await added(anna.files, large);
    const putMany = ben.store.chunks.putMany.bind(ben.store.chunks);
    let written = 0;
    let ahead = 0;
    ben.store.chunks.putMany = async (chunks) => {
      await new Promise<void>((resolve) => world.clock.after(500, resolve));
      await putMany(chunks);
      written += chunks.length;
    };
    const onProgress = ({ chunksHere }: { chunksHere: number }): void => {
      ahead = Math.max(ahead, chunksHere - written);
    };
    const result = await world.until(
      ben.transfer.fetch({ id: manifest.id, holders: () => [anna.id], onProgress }),
    );
    expect(result.ok).toBe(true);
    expect(ahead).toBeLessThanOrEqual(24 + 1);
  });

  it('resumes after being cancelled at any point, without asking for what is here', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 45 }), { minLength: 1, maxLength: 3 }),
        async (stops) => {
          const world = new World();
          const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
          const manifest = await added(anna.files, bytes);
          for (const stop of stops) {
            const abort = new AbortController();
            const before = (await ben.files.progress(manifest.id))?.chunksHere ?? 0;
            let seen = before;
            const onProgress = ({ chunksHere }: { chunksHere: number }): void => {
              seen = chunksHere;
              if (chunksHere >= stop) abort.abort();
            };
            await world.until(
              ben.transfer.fetch({
                id: manifest.id,
                holders: () => [anna.id],
                onProgress,
                signal: abort.signal,
              }),
            );
            expect((await ben.files.progress(manifest.id))?.chunksHere ?? 0).toBeGreaterThanOrEqual(seen);
          }
          const here = (await ben.files.progress(manifest.id))?.chunksHere ?? 0;
          world.served.delete(anna.id);
          expect(
            (await world.until(ben.transfer.fetch({ id: manifest.id, holders: () => [anna.id] }))).ok,
          ).toBe(true);
          expect(world.served.get(anna.id) ?? 0).toBe(41 - here);
          world.served.clear();
          await expectWhole(ben, manifest, bytes);
        },
      ),
      { numRuns: 6 },
    );
  }, 30_000);

  it('is shared by all who ask for the same file; one of them may leave', async () => {
    const world = new World();
    const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
    const manifest = await added(anna.files, bytes);
    const abort = new AbortController();
    const one = ben.transfer.fetch({ id: manifest.id, holders: () => [anna.id], signal: abort.signal });
    const two = ben.transfer.fetch({
      id: manifest.id,
      holders: () => [],
      onProgress: ({ chunksHere }) => {
        if (chunksHere > 5) abort.abort();
      },
    });
    const [first, second] = await world.until(Promise.all([one, two]));
    expect(first).toMatchObject({ ok: false, refusal: { code: 'aborted' } });
    expect(second.ok).toBe(true);
    expect(world.served.get(anna.id)).toBe(41);
  });

  it('ends when the file is deleted meanwhile', async () => {
    const world = new World();
    const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
    const manifest = await added(anna.files, bytes);
    const fetch = ben.transfer.fetch({
      id: manifest.id,
      holders: () => [anna.id],
      onProgress: ({ chunksHere }) => {
        if (chunksHere === 20) void ben.files.delete(manifest.id);
      },
    });
    expect(await world.until(fetch)).toMatchObject({ ok: false, refusal: { code: 'aborted' } });
    expect(ben.files.list()).toEqual([]);
  });
});

describe('holders that are not honest', () => {
  /** Answers as an honest holder of `manifest` would, with every answer changed by `change`. */
  function changed(manifest: FileManifest, change: (answer: Bytes, asking: Asking) => Bytes | undefined) {
    return async (stream: WireStream): Promise<void> => {
      for (let frame = await stream.read(); frame !== undefined; frame = await stream.read()) {
        const asking = parseAsking(frame);
        if (!asking.ok) return;
        const { name, size, hashes } = manifest;
        const answers =
          asking.value.kind === 'open'
            ? [
                encodeAnswer(
                  asking.value.needManifest ? { kind: 'manifest', name, size, hashes } : { kind: 'ready' },
                ),
              ]
            : asking.value.indexes.map((index) =>
                encodeAnswer({
                  kind: 'chunk',
                  index,
                  bytes: bytes.slice(index * chunkBytes, (index + 1) * chunkBytes),
                }),
              );
        for (const answer of answers) {
          const said = change(answer, asking.value);
          if (said !== undefined) await stream.write(said);
        }
      }
    };
  }

  it('one that sends a wrong chunk, or a wrong manifest, is not asked again; the file comes from another', async () => {
    for (const lie of ['chunk', 'manifest', 'unasked', 'nonsense'] as const) {
      const world = new World();
      const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
      const manifest = await added(anna.files, bytes);
      let streams = 0;
      let chunks = 0;
      const liar = world.rogue('liar', async (stream) => {
        streams += 1;
        await changed(manifest, (answer, asking) => {
          if (asking.kind === 'want') chunks += 1;
          if (lie === 'chunk' && chunks === 3) return answer.with(1000, (answer[1000] ?? 0) ^ 1);
          if (lie === 'manifest' && asking.kind === 'open') return answer.with(60, (answer[60] ?? 0) ^ 1);
          if (lie === 'unasked' && chunks === 3) return answer.with(1, 40);
          if (lie === 'nonsense' && chunks === 3) return Uint8Array.of(99, 1, 2);
          return answer;
        })(stream);
      });
      let honest = false;
      const fetch = ben.transfer.fetch({
        id: manifest.id,
        holders: () => (honest ? [liar, anna.id] : [liar]),
      });
      world.clock.after(10_000, () => (honest = true));
      expect(await world.until(fetch), lie).toMatchObject({ ok: true });
      expect(streams, lie).toBe(1);
      await expectWhole(ben, manifest, bytes);
      await ben.files.delete(manifest.id);
      expect(
        (await world.until(ben.transfer.fetch({ id: manifest.id, holders: () => [liar, anna.id] }))).ok,
      ).toBe(true);
      expect(streams, `${lie}, in a later fetch`).toBe(1);
    }
  });

  it('one that falls silent, or closes early, is left for another', async () => {
    for (const trick of ['silent', 'closing', 'never answers'] as const) {
      const world = new World();
      const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
      const manifest = await added(anna.files, bytes);
      let chunks = 0;
      const rogue = world.rogue('rogue', async (stream) => {
        if (trick === 'never answers') return new Promise(() => undefined);
        await changed(manifest, (answer, asking) => {
          if (asking.kind === 'want' && ++chunks > 4) {
            if (trick === 'closing') void stream.close();
            return undefined;
          }
          return answer;
        })(stream);
      });
      const fetch = ben.transfer.fetch({ id: manifest.id, holders: () => [rogue, anna.id] });
      expect((await world.until(fetch)).ok, trick).toBe(true);
      await expectWhole(ben, manifest, bytes);
    }
  });

  it('change nothing about the outcome, whatever they send', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.integer({ min: 0, max: 9 })), fc.nat(), async (moods, seed) => {
        const world = new World();
        const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
        const manifest = await added(anna.files, bytes);
        const random = seededRandom(seed);
        const rogues = ['r1', 'r2', 'r3'].map((name) =>
          world.rogue(name, async (stream) => {
            await changed(manifest, (answer) => {
              const mood = moods.next().value ?? 0;
              if (mood === 0) return answer.with(random.below(answer.length), random.below(256));
              if (mood === 1) return answer.slice(0, random.below(answer.length));
              if (mood === 2) return undefined;
              if (mood === 3) stream.abort('no more');
              return answer;
            })(stream).catch(() => undefined);
          }),
        );
        const result = await world.until(
          ben.transfer.fetch({ id: manifest.id, holders: () => [...rogues, anna.id] }),
        );
        expect(result.ok).toBe(true);
        await expectWhole(ben, manifest, bytes);
      }),
      { numRuns: 6 },
    );
  }, 30_000);
});

describe('serving', () => {
  const read = async (world: World, stream: WireStream) => {
    const frame = await world.until(stream.read());
    const answer = frame === undefined ? undefined : parseAnswer(frame);
    return answer?.ok === true ? answer.value : undefined;
  };

  it('breaks off a stream that asks for too much, opens twice or talks nonsense', async () => {
    const world = new World();
    const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
    const { id } = await added(anna.files, bytes);
    const open = encodeAsking({ kind: 'open', id, needManifest: false });
    const want = encodeAsking({ kind: 'want', indexes: Array.from({ length: 20 }, (_, at) => at) });
    for (const frames of [
      [open, open],
      [open, want, want, want],
      [want],
      [Uint8Array.of(7)],
      [open, Uint8Array.of(2, 1)],
    ]) {
      const stream = await world.until(ben.wire.openStream(anna.id, filesProtocol, 1000));
      const talk = (async (): Promise<void> => {
        for (const frame of frames) await stream.write(frame);
        for (let frame = await stream.read(); frame !== undefined; frame = await stream.read());
      })();
      await expect(world.until(talk)).rejects.toThrow();
    }
  });

  it('says that it is busy when one peer opens too many streams, and serves again once they have ended', async () => {
    const world = new World();
    const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
    const { id } = await added(anna.files, bytes);
    const openOne = async (): Promise<{ stream: WireStream; kind: string | undefined }> => {
      const stream = await world.until(ben.wire.openStream(anna.id, filesProtocol, 1000));
      // A stream that was refused at once may be closed before this arrives.
      await world.until(
        stream.write(encodeAsking({ kind: 'open', id, needManifest: false })).catch(() => undefined),
      );
      return { stream, kind: (await read(world, stream))?.kind };
    };
    const opened = [];
    for (let i = 0; i <= servedPerPeerMax; i++) opened.push(await openOne());
    expect(opened.map(({ kind }) => kind)).toEqual([...Array(servedPerPeerMax).fill('ready'), 'refused']);
    for (const { stream } of opened) stream.abort('done');
    await world.until(new Promise<void>((resolve) => world.clock.after(100, resolve)));
    expect((await openOne()).kind).toBe('ready');
  });

  it('asks no more holders at a time than it should', async () => {
    const world = new World();
    const ben = await world.peer('ben');
    const holders: PeerId[] = [];
    let id: FileManifest['id'] | undefined;
    let most = 0;
    for (let i = 0; i < holdersAtOnce + 3; i++) {
      const peer = await world.peer(`holder-${i}`);
      id = (await added(peer.files, bytes)).id;
      holders.push(peer.id);
    }
    if (id === undefined) throw new Error('no file');
    const onProgress = (progress: { holders: readonly PeerId[] }): void => {
      most = Math.max(most, progress.holders.length);
    };
    expect((await world.until(ben.transfer.fetch({ id, holders: () => holders, onProgress }))).ok).toBe(true);
    expect(most).toBe(holdersAtOnce);
  });
});

describe('frames', () => {
  it('of arbitrary bytes are refused or read, never thrown at', () => {
    const kinds = fc.constantFrom(1, 2, 16, 17, 18, 19, 20, 0, 255);
    fc.assert(
      fc.property(kinds, fc.uint8Array({ maxLength: 200 }), (kind, rest) => {
        const frame = new Uint8Array([kind, ...rest]);
        expect(typeof parseAsking(frame).ok).toBe('boolean');
        expect(typeof parseAnswer(frame).ok).toBe('boolean');
      }),
      { numRuns: 3000 },
    );
  });

  it('come back as they were written', () => {
    const answers = [
      { kind: 'manifest', name: 'würfel.gcode', size: 2 ** 31, hashes: filled(64, 1) },
      { kind: 'ready' },
      { kind: 'refused', code: 'busy' },
      { kind: 'chunk', index: 8191, bytes: filled(5, 2) },
      { kind: 'lacking', index: 0 },
    ] as const;
    for (const answer of answers)
      expect(parseAnswer(encodeAnswer(answer))).toEqual({ ok: true, value: answer });
    const wanted = { kind: 'want', indexes: [0, 5, 8191] } as const;
    expect(parseAsking(encodeAsking(wanted))).toEqual({ ok: true, value: wanted });
  });
});

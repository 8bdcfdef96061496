import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PeerId } from '../base/index.ts';
import { type WireStream, filesProtocol } from '../network/index.ts';
import { encodeAnswer, encodeAsking, parseAnswer, parseAsking } from './frames.ts';
import { holdersAtOnce, servedPerPeerMax } from './limits.ts';
import type { FileManifest } from './manifest.ts';
import { added, filled } from './test-files.ts';
import { World, bytes } from './test-world.ts';

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

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes, seededRandom } from '../base/index.ts';
import type { WireStream } from '../network/index.ts';
import { type Asking, encodeAnswer, parseAsking } from './frames.ts';
import { chunkBytes } from './limits.ts';
import type { FileManifest } from './manifest.ts';
import { added } from './test-files.ts';
import { World, bytes, expectWhole } from './test-world.ts';

describe('a file of another size than was said', () => {
  it('is refused before a piece of it is fetched, and nothing of it is kept', async () => {
    const world = new World();
    const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
    const { id } = await added(anna.files, bytes);
    for (const sizeBytes of [1, bytes.length - 1, bytes.length + 1]) {
      const result = await world.until(ben.transfer.fetch({ id, sizeBytes, holders: () => [anna.id] }));
      expect(result).toMatchObject({ ok: false, refusal: { code: 'wrong-size' } });
    }
    expect(ben.files.list()).toEqual([]);
    // Only what Anna read to add it.
    const read = world.servedInAll();
    expect(
      (await world.until(ben.transfer.fetch({ id, sizeBytes: bytes.length, holders: () => [anna.id] }))).ok,
    ).toBe(true);
    expect(world.servedInAll() - read).toBeGreaterThanOrEqual(41);
    expect(read).toBeLessThan(41);
  });

  it('is refused to who was told so, while another who was told its size gets it', async () => {
    const world = new World();
    const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
    const { id } = await added(anna.files, bytes);
    const fetch = (sizeBytes: number) => ben.transfer.fetch({ id, sizeBytes, holders: () => [anna.id] });
    const [wrong, right, wrongToo] = await world.until(
      Promise.all([fetch(7), fetch(bytes.length), fetch(8)]),
    );
    expect([wrong.ok, right.ok, wrongToo.ok]).toEqual([false, true, false]);
    await expectWhole(ben, await added(anna.files, bytes), bytes);
  });

  it('is not gone on with where a part of it is here already', async () => {
    const world = new World();
    const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
    const manifest = await added(anna.files, bytes);
    await ben.files.begin(manifest);
    const result = await world.until(
      ben.transfer.fetch({ id: manifest.id, sizeBytes: 9, holders: () => [anna.id] }),
    );
    expect(result).toMatchObject({ ok: false, refusal: { code: 'wrong-size' } });
    expect(await ben.files.progress(manifest.id)).toMatchObject({ chunksHere: 0 });
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

  it.each(['chunk', 'manifest', 'unasked', 'nonsense'] as const)(
    'one that sends a wrong %s is not asked again; the file comes from another',
    async (lie) => {
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
      world.clock.after(3_000, () => (honest = true));
      expect(await world.until(fetch), lie).toMatchObject({ ok: true });
      expect(streams, lie).toBe(1);
      await expectWhole(ben, manifest, bytes);
      await ben.files.delete(manifest.id);
      expect(
        (await world.until(ben.transfer.fetch({ id: manifest.id, holders: () => [liar, anna.id] }))).ok,
      ).toBe(true);
      expect(streams, `${lie}, in a later fetch`).toBe(1);
    },
    20_000,
  );

  it.each(['silent', 'closing', 'never answering'] as const)(
    'one that turns out %s is left for another',
    async (trick) => {
      const world = new World();
      const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
      const manifest = await added(anna.files, bytes);
      let chunks = 0;
      const rogue = world.rogue('rogue', async (stream) => {
        if (trick === 'never answering') return new Promise(() => undefined);
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
    },
    20_000,
  );

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

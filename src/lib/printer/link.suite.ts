import { describe, expect, test } from 'vitest';
import { type Bytes, concat, utf8 } from '../base/index.ts';
import type { Link } from './port.ts';

/** A link and what stands on its far side, for the suite that every kind of link passes. */
export interface LinkUnderTest {
  readonly link: Link;
  /** Makes these bytes, which are whole lines, arrive. */
  arrive(bytes: Bytes): Promise<void> | void;
  /** Everything written so far, once this much of it has come. */
  written(length: number): Promise<Bytes>;
  /** The far side goes away. */
  vanish(): Promise<void> | void;
}

async function readAll(link: Link, length: number): Promise<Bytes> {
  let all = new Uint8Array();
  while (all.length < length) {
    const bytes = await link.read();
    if (bytes === undefined) break;
    all = concat(all, bytes);
  }
  return all;
}

export function linkSuite(name: string, make: () => Promise<LinkUnderTest>): void {
  describe(`${name} as a link`, () => {
    test('bytes arrive whole and in order', async () => {
      const { link, arrive } = await make();
      const bytes = utf8('start\nok\nT:20\n');
      for (const line of ['start\n', 'ok\n', 'T:20\n']) await arrive(utf8(line));
      expect(await readAll(link, bytes.length)).toEqual(bytes);
      await link.close();
    });

    test('a read waits for what comes later', async () => {
      const { link, arrive } = await make();
      const later = link.read();
      await arrive(utf8('ok\n'));
      expect((await later)?.length).toBeGreaterThan(0);
      await link.close();
    });

    test('writes that overlap keep their order', async () => {
      const { link, written } = await make();
      const parts = Array.from({ length: 50 }, (_, i) => utf8(`N${i} G1 X${i}\n`));
      await Promise.all(parts.map((part) => link.write(part)));
      const all = concat(...parts);
      expect(await written(all.length)).toEqual(all);
      await link.close();
    });

    test('closing ends a waiting read, and twice is once', async () => {
      const { link } = await make();
      expect(link.ended()).toBeUndefined();
      const waiting = link.read();
      await link.close();
      expect(await waiting).toBeUndefined();
      expect(link.ended()?.code).toBe('closed');
      await link.close();
      expect(await link.read()).toBeUndefined();
      await expect(link.write(utf8('x'))).rejects.toThrow();
    });

    test('when the far side goes away, reads end and say why', async () => {
      const { link, vanish } = await make();
      const waiting = link.read();
      await vanish();
      expect(await waiting).toBeUndefined();
      expect(link.ended()?.code).toBe('unplugged');
      await expect(link.write(utf8('x'))).rejects.toThrow();
      await link.close();
      expect(link.ended()?.code).toBe('unplugged');
    });
  });
}

import { expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../base/index.ts';
import { newsFrameBytesMax } from './limits.ts';
import type { WireHarness } from './wire.suite.ts';

/** What gossip must do between two peers that have a direct connection, whatever carries it. Over a relayed one it may bring nothing. */
export function newsSuite(name: string, make: () => Promise<WireHarness>): void {
  test(`${name}: news reach who hears their topic, not who hears another or has left it, and nothing too large`, async () => {
    const harness = await make();
    try {
      const got: string[] = [];
      harness.b.onNews((topic, news) => {
        got.push(`${topic}: ${fromUtf8(news)}`);
        return true;
      });
      harness.b.hear(new Set(['peerprint/test/0', 'peerprint/test/1']));
      harness.a.want(new Set([harness.b.self]));
      harness.b.want(new Set([harness.a.self]));
      // Who hears what is told a moment after the connection: news before that are lost, as the port says.
      const told = (topic: string, text: string) =>
        harness.until(() => {
          harness.a.publish(topic, utf8(text));
          return got.includes(`${topic}: ${text}`);
        }, text);
      await told('peerprint/test/0', 'first');
      harness.a.publish('peerprint/test/2', utf8('for others'));
      harness.a.publish('peerprint/test/0', new Uint8Array(newsFrameBytesMax + 1));
      await told('peerprint/test/1', 'second');
      harness.b.hear(new Set(['peerprint/test/1']));
      harness.a.publish('peerprint/test/0', utf8('after leaving'));
      await told('peerprint/test/1', 'last');
      expect(new Set(got)).toEqual(
        new Set(['peerprint/test/0: first', 'peerprint/test/1: second', 'peerprint/test/1: last']),
      );
    } finally {
      await harness.close();
    }
  });
}

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PeerId } from '../base/index.ts';
import { fromUtf8, utf8 } from '../base/index.ts';
import type { ProtocolId, ProtocolLimits, Wire } from './port.ts';

/** Two wires that can reach each other, and the means to let time pass and to break the line between them. */
export interface WireHarness {
  readonly a: Wire;
  readonly b: Wire;
  /** Lets time pass until the condition holds. Rejects when it does not come true in reasonable time. */
  until(condition: () => boolean, what: string): Promise<void>;
  /** Lets time pass until the promise settles. */
  run<T>(promise: Promise<T>): Promise<T>;
  /** Lets this much time pass. */
  pause(ms: number): Promise<void>;
  /** Breaks the connection between the two once. It may come back at once when one wants the other. */
  breakLine(): Promise<void>;
  close(): Promise<void>;
}

const note: ProtocolId = '/peerprint/test-note/1.0.0';
const ask: ProtocolId = '/peerprint/test-ask/1.0.0';
const flow: ProtocolId = '/peerprint/test-flow/1.0.0';
const limits: ProtocolLimits = { frameBytesMax: 64 * 1024, outboxBytesMax: 256 * 1024 };
const patienceMs = 10_000;

/** What every `Wire` must do, whatever carries it. */
export function wireSuite(name: string, make: () => Promise<WireHarness>): void {
  describe(name, () => {
    let harness: WireHarness;
    beforeEach(async () => {
      harness = await make();
    });
    afterEach(() => harness.close());

    const connect = async () => {
      harness.a.want(new Set([harness.b.self]));
      harness.b.want(new Set([harness.a.self]));
      await harness.until(() => linked(harness.a, harness.b) && linked(harness.b, harness.a), 'a connection');
    };

    test('connects peers that want each other and says so', async () => {
      let changes = 0;
      harness.a.onChange(() => changes++);
      await connect();
      expect(harness.a.connections().map((connection) => connection.peer)).toContain(harness.b.self);
      expect(changes).toBeGreaterThan(0);
    });

    test('delivers messages in order, with the name of the sender', async () => {
      const got: string[] = [];
      const from = new Set<PeerId>();
      harness.a.handleMessages(note, limits, () => undefined);
      harness.b.handleMessages(note, limits, (peer, message) => {
        from.add(peer);
        got.push(fromUtf8(message));
      });
      await connect();
      const sent = Array.from({ length: 50 }, (_, i) => `message ${i}`);
      for (const text of sent) expect(harness.a.send(harness.b.self, note, utf8(text))).toBe(true);
      await harness.until(() => got.length === sent.length, 'all messages');
      expect(got).toEqual(sent);
      expect([...from]).toEqual([harness.a.self]);
    });

    test('refuses a message to a peer without a connection', () => {
      harness.a.handleMessages(note, limits, () => undefined);
      expect(harness.a.send(harness.b.self, note, utf8('hello'))).toBe(false);
    });

    test('refuses messages that are too large, or more than the outbox holds', async () => {
      harness.a.handleMessages(note, limits, () => undefined);
      harness.b.handleMessages(note, limits, () => undefined);
      await connect();
      expect(harness.a.send(harness.b.self, note, new Uint8Array(limits.frameBytesMax + 1))).toBe(false);
      const frame = new Uint8Array(limits.frameBytesMax);
      const taken = Array.from({ length: 8 }, () => harness.a.send(harness.b.self, note, frame));
      expect(taken[0]).toBe(true);
      expect(taken).toContain(false);
    });

    test('answers requests, connecting first when needed', async () => {
      harness.b.handleRequests(ask, limits, (from, request) =>
        Promise.resolve(utf8(`${fromUtf8(request)} from ${from}`)),
      );
      harness.a.handleRequests(ask, limits, () => Promise.resolve(new Uint8Array()));
      const answer = await harness.run(harness.a.request(harness.b.self, ask, utf8('hello'), patienceMs));
      expect(fromUtf8(answer)).toBe(`hello from ${harness.a.self}`);
    });

    test('carries an empty and a full-size request and answer', async () => {
      harness.b.handleRequests(ask, limits, (_from, request) => Promise.resolve(request));
      harness.a.handleRequests(ask, limits, (_from, request) => Promise.resolve(request));
      expect(
        (await harness.run(harness.a.request(harness.b.self, ask, new Uint8Array(), patienceMs))).length,
      ).toBe(0);
      const full = new Uint8Array(limits.frameBytesMax).fill(7);
      expect(await harness.run(harness.a.request(harness.b.self, ask, full, patienceMs))).toEqual(full);
    });

    test('many requests at once of a peer that is known here each get their own answer', async () => {
      harness.b.want(new Set([harness.a.self]));
      harness.b.handleRequests(ask, limits, (_from, request) => Promise.resolve(request));
      harness.a.handleRequests(ask, limits, (_from, request) => Promise.resolve(request));
      const texts = Array.from({ length: 30 }, (_, i) => `request ${i}`);
      const answers = await harness.run(
        Promise.all(texts.map((text) => harness.a.request(harness.b.self, ask, utf8(text), patienceMs))),
      );
      expect(answers.map(fromUtf8)).toEqual(texts);
    });

    test('a handler that throws, an unknown protocol and a silent peer end a request with an error', async () => {
      harness.b.handleRequests(ask, limits, () => Promise.reject(new Error('no')));
      harness.a.handleRequests(ask, limits, () => Promise.reject(new Error('no')));
      await expect(
        harness.run(harness.a.request(harness.b.self, ask, utf8('x'), patienceMs)),
      ).rejects.toThrow();
      await expect(
        harness.run(harness.a.request(harness.b.self, flow, utf8('x'), patienceMs)),
      ).rejects.toThrow();
      harness.b.handleRequests(note, limits, () => new Promise(() => undefined));
      harness.a.handleRequests(note, limits, () => new Promise(() => undefined));
      await expect(harness.run(harness.a.request(harness.b.self, note, utf8('x'), 500))).rejects.toThrow(
        /500 ms/,
      );
    });

    test('streams carry frames both ways until both sides have closed', async () => {
      harness.a.handleStreams(flow, limits, async () => undefined);
      harness.b.handleStreams(flow, limits, async (_from, stream) => {
        for (let frame = await stream.read(); frame !== undefined; frame = await stream.read()) {
          await stream.write(utf8(`echo ${fromUtf8(frame)}`));
        }
        await stream.close();
      });
      const stream = await harness.run(harness.a.openStream(harness.b.self, flow, patienceMs));
      await harness.run(stream.write(utf8('one')));
      expect(fromUtf8((await harness.run(stream.read())) ?? utf8('end'))).toBe('echo one');
      await harness.run(stream.write(utf8('two')));
      await harness.run(stream.close());
      expect(fromUtf8((await harness.run(stream.read())) ?? utf8('end'))).toBe('echo two');
      expect(await harness.run(stream.read())).toBeUndefined();
    });

    test('a slow reader holds the writer back, and nothing is lost', async () => {
      const frames = 160;
      let written = 0;
      let open: (() => void) | undefined;
      const gate = new Promise<void>((resolve) => (open = resolve));
      harness.a.handleStreams(flow, limits, async () => undefined);
      let read = 0;
      harness.b.handleStreams(flow, limits, async (_from, stream) => {
        await gate;
        for (let frame = await stream.read(); frame !== undefined; frame = await stream.read()) {
          if (frame[0] !== read % 256 || frame.length !== limits.frameBytesMax)
            throw new Error('a frame is wrong');
          read++;
        }
        await stream.close();
      });
      const stream = await harness.run(harness.a.openStream(harness.b.self, flow, patienceMs));
      const writing = (async () => {
        for (; written < frames; written++)
          await stream.write(new Uint8Array(limits.frameBytesMax).fill(written));
        await stream.close();
      })();
      let settled = false;
      void writing.then(() => (settled = true));
      await harness.until(() => written > 0, 'the first frame');
      await harness.pause(300);
      expect(settled).toBe(false);
      open?.();
      await harness.run(writing);
      expect(await harness.run(stream.read())).toBeUndefined();
      expect(read).toBe(frames);
    });

    test('an aborted stream breaks on the other side', async () => {
      let broken: unknown;
      harness.a.handleStreams(flow, limits, async () => undefined);
      harness.b.handleStreams(flow, limits, async (_from, stream) => {
        try {
          while ((await stream.read()) !== undefined);
        } catch (error) {
          broken = error;
        }
      });
      const stream = await harness.run(harness.a.openStream(harness.b.self, flow, patienceMs));
      await harness.run(stream.write(utf8('x')));
      stream.abort('changed my mind');
      await expect(harness.run(stream.write(utf8('y')))).rejects.toThrow();
      await harness.until(() => broken !== undefined, 'the break');
    });

    test('a frame above the limit breaks its stream', async () => {
      harness.a.handleStreams(flow, limits, async () => undefined);
      harness.b.handleStreams(flow, limits, async (_from, stream) => {
        while ((await stream.read()) !== undefined);
      });
      const stream = await harness.run(harness.a.openStream(harness.b.self, flow, patienceMs));
      await expect(harness.run(stream.write(new Uint8Array(limits.frameBytesMax + 1)))).rejects.toThrow(
        /limit/,
      );
    });

    test('a broken line is mended while the peer is wanted, and streams over it break', async () => {
      harness.a.handleStreams(flow, limits, async () => undefined);
      harness.b.handleStreams(flow, limits, async (_from, stream) => {
        while ((await stream.read()) !== undefined);
      });
      await connect();
      const stream = await harness.run(harness.a.openStream(harness.b.self, flow, patienceMs));
      let broken = false;
      void stream.read().catch(() => (broken = true));
      await harness.breakLine();
      await harness.until(() => broken, 'the break');
      await harness.until(
        () => linked(harness.a, harness.b) && linked(harness.b, harness.a),
        'a new connection',
      );
    });

    test('who looks under a rendezvous key finds who is announced there, under that key, and nobody else', async () => {
      const [key, other] = [9, 8].map((n) => new Uint8Array(32).fill(n));
      if (key === undefined || other === undefined) throw new Error('two keys');
      const found = new Map<PeerId, Uint8Array>();
      harness.a.onFound((peer, under) => found.set(peer, under));
      harness.b.onFound(() => expect.unreachable('nobody is announced where it looks'));
      harness.b.rendezvous([
        { key, announced: true, sought: false },
        { key: other, announced: false, sought: true },
      ]);
      harness.a.rendezvous([{ key, announced: false, sought: true }]);
      await harness.until(() => found.has(harness.b.self), 'the other peer');
      expect(found.get(harness.b.self)).toEqual(key);
      await harness.pause(50);
    });

    test('who wants only some ends connections with others and takes none from them, until it wants them again', async () => {
      for (const wire of [harness.a, harness.b])
        wire.handleRequests(ask, limits, (_from, request) => Promise.resolve(request));
      await connect();
      harness.a.want(new Set(), true);
      const apart = () => !linked(harness.a, harness.b) && !linked(harness.b, harness.a);
      await harness.until(apart, 'the end of the connection');
      await expect(
        harness.run(harness.b.request(harness.a.self, ask, utf8('?'), patienceMs)),
      ).rejects.toThrow();
      expect(apart()).toBe(true);
      await connect();
      expect(await harness.run(harness.b.request(harness.a.self, ask, utf8('?'), patienceMs))).toEqual(
        utf8('?'),
      );
    });

    test('a closed wire drops its connections and refuses to send', async () => {
      harness.a.handleMessages(note, limits, () => undefined);
      harness.b.handleMessages(note, limits, () => undefined);
      await connect();
      harness.b.want(new Set());
      await harness.run(harness.a.close());
      expect(harness.a.send(harness.b.self, note, utf8('x'))).toBe(false);
      await harness.until(() => !linked(harness.b, harness.a), 'the end of the connection');
    });
  });
}

function linked(wire: Wire, other: Wire): boolean {
  return wire.connections().some((connection) => connection.peer === other.self);
}

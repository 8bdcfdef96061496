import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Bytes,
  base64url,
  fromBase64url,
  must,
  peerIdOf,
  publicKeyOf,
  sha256,
  utf8,
} from '../base/index.ts';
import { queueIdOfDigest } from '../queue/index.ts';
import { type Link, encodeLink, parseLink } from './link.ts';

const fill = (length: number, value: number): Bytes => new Uint8Array(length).fill(value);

const link: Link = {
  queue: queueIdOfDigest(sha256(utf8('a queue'))),
  name: 'Face shields, spring',
  role: 'operator',
  voter: true,
  invitation: { id: fill(16, 1), seed: fill(32, 2) },
  expiresWallMs: 1_800_000_000_000,
  lan: false,
  relays: ['/dns4/localhost/tcp/7373/ws/p2p/12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'],
  peers: [peerIdOf(publicKeyOf(fill(32, 4)))],
};

test('a link reads back as it was written, alone and in an address', () => {
  const text = encodeLink(link);
  for (const input of [
    text,
    ` ${text}\n`,
    `https://example.org/join#${text}`,
    `http://localhost:7373/join#${text}`,
  ]) {
    expect(parseLink(input)).toEqual({ ok: true, value: link });
  }
});

test('the bytes of link version 1 stay as they are (golden vector)', () => {
  expect(encodeLink(link)).toMatchInlineSnapshot(
    `"AalhZRsAAAGjGFxQAGFnaG9wZXJhdG9yYWlQAQEBAQEBAQEBAQEBAQEBAWFudEZhY2Ugc2hpZWxkcywgc3ByaW5nYXCBWCDKk6wXBRhwcdZ7g8f_Dv6BCOjsRTBXXXcmh5Mz29q-fGFxWCAWKzniHOGdp1h7Ruc-lQ_TFJNdd7fT_qZgow0EBxkuD2FygXhUL2RuczQvbG9jYWxob3N0L3RjcC83MzczL3dzL3AycC8xMkQzS29vV0s5OVZvVnhORTdYenlCd1hFelc3eGhLN0dwdjg1cjlGM1YzZnlLU1VLUEg1YXNYIAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICYXT12TtHNQ"`,
  );
});

test('a link says each role that it may grant, and no other', () => {
  for (const role of ['operator', 'printer', 'submitter', 'viewer'] as const) {
    for (const voter of [true, false]) {
      const one = { ...link, role, voter };
      expect(parseLink(encodeLink(one))).toEqual({ ok: true, value: one });
    }
  }
  const owner = encodeLink({ ...link, role: 'owner' as 'operator' });
  expect(parseLink(owner)).toMatchObject({ ok: false, refusal: { code: 'link-damaged' } });
});

test('a link says whether its queue is bound to the local network', () => {
  const local = { ...link, lan: true };
  expect(parseLink(encodeLink(local))).toEqual({ ok: true, value: local });
});

test('every shortened link is refused as damaged or as no link', () => {
  const text = encodeLink(link);
  for (let length = 0; length < text.length; length++) {
    const read = parseLink(text.slice(0, length));
    expect(read.ok).toBe(false);
    if (!read.ok) expect(['not-a-link', 'link-damaged']).toContain(read.refusal.code);
  }
});

test('every link with one changed byte is refused', () => {
  const bytes = must(fromBase64url(encodeLink(link)), 'own link');
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ flip;
      expect(parseLink(base64url(changed)).ok).toBe(false);
    }),
  );
});

test('arbitrary texts are refused with a sentence, never an exception', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), (text) => {
      const read = parseLink(text);
      expect(read.ok).toBe(false);
      if (!read.ok) expect(read.refusal.text).toMatch(/\.$/);
    }),
  );
});

test('an expired link names the queue to ask in', () => {
  const read = parseLink(encodeLink(link), link.expiresWallMs + 1);
  expect(read.ok ? undefined : read.refusal.code).toBe('link-expired');
  expect(read.ok ? '' : read.refusal.text).toContain('Face shields, spring');
});

test('a link of a later version asks for an update', () => {
  const bytes = must(fromBase64url(encodeLink(link)), 'own link');
  const head = bytes.slice(0, -4);
  head[0] = 2;
  const later = new Uint8Array([...head, ...sha256(head).subarray(0, 4)]);
  const read = parseLink(base64url(later));
  expect(read.ok ? undefined : read.refusal.code).toBe('link-version');
});

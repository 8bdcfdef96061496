import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat, encode, fromUtf8, sha256, utf8, base64url } from '../base/index.ts';
import { hostileText } from '../base/testing/arbitrary.ts';
import { fuzzDecoder, fuzzShape, taken } from '../base/testing/fuzz.ts';
import { valueOf } from '../base/testing/shapes.ts';
import { encodeLink, linkSchema, parseLink } from './link.ts';

/** The text of a link with that content, whatever it is, and a check that fits. */
function linkOf(content: Uint8Array): string {
  const head = concat(Uint8Array.of(1), content);
  return base64url(concat(head, sha256(head).subarray(0, 4)));
}

const content = valueOf(linkSchema).map(encode);

test('the content of links is refused or taken, and has one form', () => {
  fuzzShape(linkSchema, 4096);
  fuzzDecoder(
    content.filter((bytes) => bytes.length < 1_100),
    (bytes) => taken(parseLink(linkOf(bytes))),
    (link) => {
      const text = encodeLink(link);
      const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
        c.charCodeAt(0),
      );
      return bytes.subarray(1, -4);
    },
  );
});

test('texts of links are refused or taken, and have one form', () => {
  const texts = content.filter((bytes) => bytes.length < 1_100).map((bytes) => utf8(linkOf(bytes)));
  fuzzDecoder(texts, (bytes) => {
    let text: string;
    try {
      text = fromUtf8(bytes);
    } catch {
      return undefined;
    }
    const link = taken(parseLink(text));
    if (link === undefined) return undefined;
    // White space and what stands before the # do no harm; the rest is the link's one form.
    expect(
      text
        .trim()
        .slice(text.trim().indexOf('#') + 1)
        .replace(/\s+/g, ''),
    ).toBe(encodeLink(link));
    return link;
  });
});

test('anything that a person pastes is a link or is not', () => {
  fc.assert(
    fc.property(hostileText(200), (text) => {
      const parsed = parseLink(text, 1_800_000_000_000);
      if (!parsed.ok) expect(parsed.refusal.text.length).toBeGreaterThan(10);
    }),
    { numRuns: 2_000 },
  );
});

import * as v from 'valibot';
import {
  type Bytes,
  type PeerId,
  type QueueId,
  type Result,
  base64url,
  concat,
  encode,
  equalBytes,
  fromBase64url,
  keyBytes,
  must,
  ok,
  parse,
  peerIdOf,
  publicKeyFromPeerId,
  refuse,
  sha256,
} from '../base/index.ts';
import { type Role, digestOfQueueId, queueIdOfDigest, queueLimits } from '../queue/index.ts';
import { linkBytesMax, linkPeersMax, linkRelaysMax, nameCharsMax, relayCharsMax } from './limits.ts';

/**
 * A link to a queue, version 1 (docs/protocols.md, "Links"): an invitation and where to find those who know the queue. It
 * is free of any origin: the same bytes open in every copy of the app.
 */
export interface Link {
  readonly queue: QueueId;
  readonly name: string;
  /** What the link says that it grants: what it does grant is in the queue's log. Nobody becomes an owner by a link. */
  readonly role: Exclude<Role, 'owner'>;
  /** Whether those who join by it keep the queue and vote. */
  readonly voter: boolean;
  /** The invitation this link carries, and the seed of its key: whoever has it may join, until it expires or is revoked. */
  readonly invitation: { readonly id: Bytes; readonly seed: Bytes };
  /** When the invitation ends by the maker's clock: a hint for a quick answer. The queue itself decides by its log. */
  readonly expiresWallMs: number;
  /** Whether the queue is bound to the local network: then it is never looked for on the relays' DHT. */
  readonly lan: boolean;
  readonly relays: readonly string[];
  /** Some peers that knew the queue when the link was made. */
  readonly peers: readonly PeerId[];
}

const version = 1;
const checkBytes = 4;

const bytesOf = (length: number) =>
  v.pipe(
    v.instance(Uint8Array),
    v.check((bytes) => bytes.length === length, `must be ${length} bytes`),
  );

export const linkSchema = v.strictObject({
  q: bytesOf(32),
  n: v.pipe(v.string(), v.maxLength(nameCharsMax)),
  g: v.picklist(['operator', 'printer', 'submitter', 'viewer']),
  t: v.exactOptional(v.literal(true)),
  i: bytesOf(16),
  s: bytesOf(keyBytes),
  e: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(queueLimits.wallMsMax)),
  l: v.exactOptional(v.literal(true)),
  r: v.pipe(v.array(v.pipe(v.string(), v.maxLength(relayCharsMax))), v.maxLength(linkRelaysMax)),
  p: v.pipe(v.array(bytesOf(keyBytes)), v.maxLength(linkPeersMax)),
});

/** The link's text: URL-safe base64 of version, content and check. */
export function encodeLink(link: Link): string {
  const content = encode({
    q: must(digestOfQueueId(link.queue), 'a queue id is a CID'),
    n: link.name,
    g: link.role,
    ...(link.voter ? { t: true } : {}),
    i: link.invitation.id,
    s: link.invitation.seed,
    e: link.expiresWallMs,
    ...(link.lan ? { l: true } : {}),
    r: link.relays.slice(0, linkRelaysMax),
    p: link.peers
      .slice(0, linkPeersMax)
      .map((peer) => must(publicKeyFromPeerId(peer), 'a peer id holds a key')),
  });
  const head = concat(Uint8Array.of(version), content);
  return base64url(concat(head, sha256(head).subarray(0, checkBytes)));
}

const askAgain = 'Ask for the link again, and copy or scan the whole of it.';

/**
 * Reads a link from what a person opened or pasted: a whole address with the link after its `#`, or the link alone.
 * Refused with `not-a-link`, `link-damaged`, `link-version` or (when `nowWallMs` is given) `link-expired`.
 */
export function parseLink(input: string, nowWallMs?: number): Result<Link> {
  const trimmed = input.trim();
  const text = trimmed.slice(trimmed.indexOf('#') + 1).replace(/\s+/g, '');
  if (text === '') return refuse('not-a-link', `There is no queue link in this text. ${askAgain}`);
  const bytes = fromBase64url(text);
  if (bytes === undefined) {
    const about = /^[A-Za-z0-9_-]+$/.test(text) ? 'link-damaged' : 'not-a-link';
    return refuse(
      about,
      about === 'not-a-link'
        ? `This is not a queue link. ${askAgain}`
        : `This link is cut short or was changed on its way. ${askAgain}`,
    );
  }
  if (bytes.length > linkBytesMax)
    return refuse('not-a-link', `This is too long for a queue link. ${askAgain}`);
  if (bytes.length > 0 && bytes[0] !== version && bytes.length > 100 && hasCheck(bytes)) {
    return refuse(
      'link-version',
      'This link was made by a newer version of PeerPrint. Update this copy of the app, then open it again.',
    );
  }
  if (!hasCheck(bytes)) {
    return bytes.length < 32
      ? refuse('not-a-link', `This is not a queue link. ${askAgain}`)
      : refuse('link-damaged', `This link is cut short or was changed on its way. ${askAgain}`);
  }
  const parsed = parse(linkSchema, bytes.subarray(1, -checkBytes), linkBytesMax);
  if (!parsed.ok) return refuse('link-damaged', `This link does not hold together. ${askAgain}`);
  const content = parsed.value;
  if (nowWallMs !== undefined && content.e <= nowWallMs) {
    return refuse(
      'link-expired',
      `This link ended on ${new Date(content.e).toLocaleString()}. Ask someone in the queue “${content.n}” for a new one.`,
    );
  }
  return ok({
    queue: queueIdOfDigest(content.q),
    name: content.n,
    role: content.g,
    voter: content.t === true,
    invitation: { id: content.i as Bytes, seed: content.s as Bytes },
    expiresWallMs: content.e,
    lan: content.l === true,
    relays: content.r,
    peers: content.p.map(peerIdOf),
  });
}

function hasCheck(bytes: Uint8Array): boolean {
  if (bytes.length <= 1 + checkBytes) return false;
  const head = bytes.subarray(0, -checkBytes);
  return equalBytes(sha256(head).subarray(0, checkBytes), bytes.subarray(-checkBytes));
}

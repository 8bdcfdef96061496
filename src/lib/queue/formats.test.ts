import { describe, expect, it } from 'vitest';
import type { JobId } from '../base/index.ts';
import { encode, fromHex, hex, must, sha256 } from '../base/index.ts';
import { decodeEntry, encodeCommandEntry, encodeTickEntry } from './entry.ts';
import { cachedOpener, checkJoinProof, joinProof, openEnvelope, signCommand } from './envelope.ts';
import { genesisOf, personOf, unsignedCommand } from './fixture.ts';
import { digestOfQueueId, openGenesis, queueIdOf } from './genesis.ts';

/** Golden vectors of docs/protocols.md: a change of any of these is a new version of the format. */
const golden = {
  peer: '12D3KooWDr3b27kbDNwYD4jkMqaWm3mv4YTZYciLURa3VpF71nq1',
  genesis:
    '8258c1ab617601636c616ef4646e616d6568576f726b73686f70656e6f6e636550010101010101010101010101010101' +
    '01656f776e657258203bdce632552ab02a27ad936649dcf87b9747f69c0d10b43cba89ef0294a5a7146572756c657301' +
    '6873657474696e6773a069637265617465644d731b0000018bcfe56800696f776e65724e616d65634164616a72656e64' +
    '657a766f757350020202020202020202020202020202026b696e6361726e6174696f6e50030303030303030303030303' +
    '0303030358404e6692f099910e5870abb24169e3c97e7da47420da7cbb1865a054bbeb7663ac7b1fd8b3f240b8cc1f79' +
    '33b19b1458b4d857966a0dfc6c3b8c2f19c4c5b38c0f',
  id: 'bafyreidxl4mbvzpsb54lbaabmtgahsxsoeevaskx77mw247wtywcfhmf2a',
  digest: '775f181ae5f20f78b0800164cc03caf27109504957ffd96d73f69e2c229d85d0',
  command:
    '825874a7616158203bdce632552ab02a27ad936649dcf87b9747f69c0d10b43cba89ef0294a5a7146163a3636a6f6262' +
    '6a316474797065686d6f76652d6a6f62656166746572f6616b01616e0261715820775f181ae5f20f78b0800164cc03ca' +
    'f27109504957ffd96d73f69e2c229d85d061730161760158408013285213cb40de17950544c6502a4f05b703196efa30' +
    'a6bdd47ed692403502cdacd8d5fdb6ed00996a97bc5d6a74461d1fb91ea2ffee4085b1fb1f61921900',
  twoVoters:
    '82587fa7616158203bdce632552ab02a27ad936649dcf87b9747f69c0d10b43cba89ef0294a5a7146163a26474797065' +
    '6c7365742d73657474696e67736873657474696e6773a16974776f566f74657273f5616b01616e0261715820775f181a' +
    'e5f20f78b0800164cc03caf27109504957ffd96d73f69e2c229d85d061730161760158405b8e184cae5c97efbe6afd93' +
    '90b19566b3ffc8abf93e4cd8413dedb01fff654472b6defa7884118150d3dddf9df53d3363e987c5d85edccb806ce46c' +
    'd4ce0f00',
  proof:
    '7e3298833278ae8e19de373c448d7a65def20ab0da0a8acc7f8527c8f2953ac1445837f1f9c0dbd095dc31fc9b0ba9de' +
    'dd29c3df35155d819e345915fe5a1b0e',
};

const owner = personOf(1);
const digest = sha256(genesisOf(owner));
const head = { queue: digest, session: 1, seq: 2, ack: 1 };
const move = { type: 'move-job', job: 'j1' as JobId, after: null } as const;
const code = (result: { ok: boolean; refusal?: { code: string } }) => result.refusal?.code;

describe('the genesis', () => {
  it('has the bytes, id and owner of the golden vector', () => {
    const bytes = genesisOf(owner);
    expect(hex(bytes)).toBe(golden.genesis);
    expect(queueIdOf(bytes)).toBe(golden.id);
    expect(hex(must(digestOfQueueId(golden.id), 'a digest'))).toBe(golden.digest);
    const opened = openGenesis(bytes);
    expect(opened.ok && opened.value).toMatchObject({
      owner: golden.peer,
      id: golden.id,
      genesis: { name: 'Workshop' },
    });
  });

  it('is refused when its signature is not its owner’s, and when it is no genesis', () => {
    const bytes = genesisOf(owner);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    expect(code(openGenesis(bytes))).toBe('bad-signature');
    expect(code(openGenesis(bytes.subarray(1)))).toBe('malformed');
    expect(code(openGenesis(new Uint8Array(20_000)))).toBe('too-large');
  });

  it('ids of other kinds are no queue ids', () => {
    expect(digestOfQueueId('bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy')).toBeUndefined();
    expect(digestOfQueueId('nonsense')).toBeUndefined();
    expect(digestOfQueueId(golden.id.toUpperCase())).toBeUndefined();
  });
});

describe('the command envelope', () => {
  it('has the bytes of the golden vector', () => {
    expect(hex(signCommand(owner.seed, head, move))).toBe(golden.command);
    const opened = openEnvelope(must(fromHex(golden.command), 'bytes'));
    expect(opened.ok && opened.value).toMatchObject({
      author: golden.peer,
      session: 1,
      seq: 2,
      ack: 1,
      command: move,
    });
  });

  it('that lets two vote has the bytes of the golden vector', () => {
    const both = { type: 'set-settings', settings: { twoVoters: true } } as const;
    expect(hex(signCommand(owner.seed, head, both))).toBe(golden.twoVoters);
    const opened = openEnvelope(must(fromHex(golden.twoVoters), 'bytes'));
    expect(opened.ok && opened.value).toMatchObject({ command: both });
  });

  it('is refused with a signature of somebody else', () => {
    expect(code(openEnvelope(unsignedCommand(owner.publicKey, head, move)))).toBe('bad-signature');
    const bytes = signCommand(owner.seed, head, move);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    expect(code(openEnvelope(bytes))).toBe('bad-signature');
  });

  it.each([
    ['a command that does not exist', { type: 'make-tea' }],
    ['a command named like a method of objects', { type: 'toString' }],
    ['a key too many', { ...move, force: true }],
    ['a missing key', { type: 'move-job', job: 'j1' }],
    ['an id with a blank', { ...move, job: 'j 1' }],
    ['a count of nothing', { type: 'edit-job', job: 'j1', copies: 0 }],
    ['half a copy', { type: 'edit-job', job: 'j1', copies: 1.5 }],
    ['a yes that is a number', { type: 'set-settings', settings: { twoVoters: 1 } }],
    ['a yes that is nothing', { type: 'set-settings', settings: { twoVoters: null } }],
    ['an empty name', { type: 'rename-queue', name: '  ' }],
    ['a name that is too long', { type: 'rename-queue', name: 'x'.repeat(121) }],
  ])('%s is malformed', (_, command) => {
    expect(code(openEnvelope(signCommand(owner.seed, head, command as never)))).toBe('malformed');
  });

  it('larger than the limit is refused before it is read', () => {
    expect(code(openEnvelope(new Uint8Array(65 * 1024)))).toBe('too-large');
    expect(code(openEnvelope(encode(['x'])))).toBe('malformed');
  });

  it('is opened once by a caching opener, which does not take one for another', () => {
    const bytes = signCommand(owner.seed, head, move);
    const open = cachedOpener({ bytesMax: 2 * bytes.length, keeps: () => true });
    const first = open(bytes);
    expect(open(bytes.slice())).toBe(first);
    const forged = bytes.slice();
    forged[20] = (forged[20] ?? 0) ^ 1;
    expect(code(open(forged))).toBe('bad-signature');
    open(signCommand(owner.seed, { ...head, seq: 3 }, move));
    open(signCommand(owner.seed, { ...head, seq: 4 }, move));
    expect(open(bytes)).not.toBe(first);
  });

  it('is not kept when it is a stranger’s or is refused', () => {
    const open = cachedOpener({ bytesMax: 2 ** 20, keeps: ({ author }) => author === owner.peer });
    const foreign = signCommand(personOf(2).seed, head, move);
    expect(open(foreign)).toEqual(open(foreign));
    expect(open(foreign)).not.toBe(open(foreign));
    const forged = signCommand(owner.seed, head, move);
    forged[20] = (forged[20] ?? 0) ^ 1;
    expect(open(forged)).not.toBe(open(forged));
    const own = signCommand(owner.seed, head, move);
    expect(open(own)).toBe(open(own));
  });
});

describe('log entries', () => {
  it('have the bytes of the golden vectors', () => {
    expect(hex(encodeCommandEntry(1234567, Uint8Array.of(0xaa)))).toBe('0100000012d687aa');
    expect(hex(encodeTickEntry(1234567, true))).toBe('0200000012d68701');
  });

  it('are read as they were written', () => {
    expect(decodeEntry(encodeTickEntry(2 ** 48 - 1, false))).toEqual({
      kind: 'tick',
      stampMs: 2 ** 48 - 1,
      grace: false,
    });
    expect(decodeEntry(encodeCommandEntry(0, Uint8Array.of(1, 2)))).toEqual({
      kind: 'command',
      stampMs: 0,
      envelope: Uint8Array.of(1, 2),
    });
    expect(decodeEntry(new Uint8Array())).toEqual({ kind: 'empty' });
  });

  it.each([[[3, 0, 0, 0, 0, 0, 0]], [[2, 0, 0, 0, 0, 0, 0, 2]], [[2, 0, 0, 0, 0, 0, 0]], [[1]]])(
    '%j is of rules that are not known here',
    (bytes) => {
      expect(decodeEntry(Uint8Array.from(bytes))).toEqual({ kind: 'unknown' });
    },
  );
});

describe('the proof of an invitation', () => {
  it('has the bytes of the golden vector, and holds for one queue and one joiner', () => {
    const link = personOf(2);
    const proof = joinProof(link.seed, digest, owner.publicKey);
    expect(hex(proof)).toBe(golden.proof);
    expect(checkJoinProof(link.publicKey, digest, owner.publicKey, proof)).toBe(true);
    expect(checkJoinProof(link.publicKey, digest, link.publicKey, proof)).toBe(false);
    expect(checkJoinProof(link.publicKey, sha256(digest), owner.publicKey, proof)).toBe(false);
  });
});

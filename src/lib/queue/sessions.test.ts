import { describe, expect, it } from 'vitest';
import type { JobId } from '../base/index.ts';
import { encodeCommandEntry, encodeTickEntry } from './entry.ts';

import { TestQueue, genesisOf, personOf, unsignedCommand } from './fixture.ts';
import { rulesVersionMax, sessionLifeMs, sessionWindow, sessionsPerMemberMax } from './limits.ts';
import type { Person } from './fixture.ts';

const rename = (name: string) => ({ type: 'rename-queue', name }) as const;

function send(queue: TestQueue, who: Person, seq: number, ack: number, name: string, session = who.session) {
  const head = { queue: queue.state.digest, session, seq, ack };
  return queue.entry(encodeCommandEntry(queue.nowMs, unsignedCommand(who.publicKey, head, rename(name))));
}

const codeOf = (applied: { result: { kind: string; refusal?: { code: string } } }) =>
  applied.result.refusal?.code;

describe('sessions', () => {
  it('apply a command once, and answer it again with the stored result, also after a snapshot', () => {
    const queue = new TestQueue();
    const first = send(queue, queue.owner, 1, 1, 'One');
    send(queue, queue.owner, 2, 1, 'Two');
    queue.state = queue.restored(queue.state.snapshot());
    const again = send(queue, queue.owner, 1, 1, 'One');
    expect(again).toMatchObject({ result: first.result, repeated: true });
    expect(queue.state.head.name).toBe('Two');
  });

  it('store refusals too: what was refused once stays refused', () => {
    const queue = new TestQueue();
    const entry = queue.sign(queue.owner, { type: 'delete-job', job: 'job-9' as JobId });
    expect(codeOf(queue.entry(entry))).toBe('job-not-found');
    expect(queue.entry(entry)).toMatchObject({
      repeated: true,
      result: { refusal: { code: 'job-not-found' } },
    });
  });

  it('forget results that their author has seen', () => {
    const queue = new TestQueue();
    send(queue, queue.owner, 1, 1, 'One');
    send(queue, queue.owner, 2, 2, 'Two');
    expect(codeOf(send(queue, queue.owner, 1, 1, 'One'))).toBe('already-settled');
    expect(queue.state.head.name).toBe('Two');
  });

  it('take commands in any order, but not beyond the window', () => {
    const queue = new TestQueue();
    send(queue, queue.owner, 3, 1, 'Three');
    send(queue, queue.owner, 1, 1, 'One');
    expect(queue.state.head.name).toBe('One');
    expect(codeOf(send(queue, queue.owner, sessionWindow + 1, 1, 'Far'))).toBe('session-window');
    expect(codeOf(send(queue, queue.owner, 4, 9, 'Odd'))).toBe('malformed');
    expect(codeOf(send(queue, queue.owner, 2 ** 48, 2 ** 48, 'Settled up to there'))).toBeUndefined();
  });

  it('expire when unused for long: the command is not applied again', () => {
    const queue = new TestQueue();
    send(queue, queue.owner, 1, 1, 'One');
    // A leader that rests wakes for it.
    const deadlineMs = queue.state.nextDeadlineMs();
    expect(deadlineMs).toBe(queue.nowMs + sessionLifeMs);
    queue.tick(sessionLifeMs);
    expect(queue.state.nextDeadlineMs()).toBeUndefined();
    expect(codeOf(send(queue, queue.owner, 2, 1, 'Two'))).toBe('session-expired');
    expect(queue.state.head.name).toBe('One');
    expect(queue.state.hasSession(queue.owner.session, queue.owner.peer)).toBe(false);
  });

  it('belong to their author', () => {
    const queue = new TestQueue();
    const other = queue.join('operator');
    expect(codeOf(send(queue, other, 1, 1, 'Mine', queue.owner.session))).toBe('session-expired');
  });

  it('are opened once per nonce, and the one unused longest gives way', () => {
    const queue = new TestQueue();
    const open = (n: number) => {
      const { result } = queue.sessionless(queue.owner, {
        type: 'open-session',
        nonce: new Uint8Array(16).fill(n),
      });
      return result.kind === 'committed' ? result.value : undefined;
    };
    const first = open(100);
    expect(open(100)).toBe(first);
    const mine = queue.owner.session;
    for (let n = 1; n < sessionsPerMemberMax - 1; n++) open(100 + n);
    expect(queue.state.hasSession(mine, queue.owner.peer)).toBe(true);
    open(200);
    expect(queue.state.hasSession(mine, queue.owner.peer)).toBe(false);
    expect(queue.state.hasSession(first ?? 0, queue.owner.peer)).toBe(true);
  });
});

describe('entries that are not as they should be', () => {
  it('a bad signature is a refusal that changes nothing, never a hole', () => {
    const queue = new TestQueue({}, true);
    const head = { queue: queue.state.digest, session: queue.owner.session, seq: 1, ack: 1 };
    const forged = unsignedCommand(queue.owner.publicKey, head, rename('Mine'));
    const applied = queue.entry(encodeCommandEntry(0, forged));
    expect(applied).toMatchObject({ index: queue.index, author: undefined });
    expect(codeOf(applied)).toBe('bad-signature');
    queue.must(queue.owner, rename('Ours'));
    expect(queue.state.head.name).toBe('Ours');
    expect(codeOf(queue.entry(encodeCommandEntry(0, Uint8Array.of(1, 2, 3))))).toBe('malformed');
  });

  it('a forwarder’s name never stands for the author’s', () => {
    const queue = new TestQueue({}, true);
    const applied = queue.must(queue.owner, rename('Ours'));
    expect(applied.author).toBe(queue.owner.peer);
  });

  it('commands of another queue, of strangers and without a session are refused', () => {
    const queue = new TestQueue();
    const { owner } = queue;
    const stranger = personOf(99);
    const apply = (who: Person, session: number, digest: Uint8Array = queue.state.digest) => {
      const head = { queue: digest, session, seq: 1, ack: 1 };
      return codeOf(queue.entry(encodeCommandEntry(0, unsignedCommand(who.publicKey, head, rename('x')))));
    };
    expect(apply(owner, owner.session, new Uint8Array(32))).toBe('wrong-queue');
    expect(apply(owner, 0)).toBe('session-required');
    expect(apply(stranger, 1)).toBe('not-a-member');
    expect(codeOf(queue.sessionless(stranger, { type: 'open-session', nonce: new Uint8Array(16) }))).toBe(
      'not-a-member',
    );
  });

  it('empty entries move the index and nothing else', () => {
    const queue = new TestQueue();
    expect(queue.entry(new Uint8Array())).toMatchObject({
      index: 2,
      changed: [],
      result: { kind: 'committed' },
    });
    expect(() => queue.state.apply(2, encodeTickEntry(0, false))).toThrow('applied before');
  });

  it('a kind of entry that is not known stops the state before it', () => {
    const queue = new TestQueue();
    expect(queue.entry(Uint8Array.of(9, 9))).toMatchObject({ stopped: 'rules-version' });
    expect(queue.state.index).toBe(1);
    expect(() => queue.state.apply(2, encodeTickEntry(0, false))).toThrow('stopped');
    expect(() => queue.state.snapshot()).toThrow('stopped');
  });

  it('newer rules, set by the owner, stop a build that does not know them; others cannot set them', () => {
    const queue = new TestQueue();
    const ann = queue.join('operator');
    expect(queue.refused(ann, { type: 'set-rules', rules: rulesVersionMax + 1 })).toBe('not-allowed');
    queue.must(queue.owner, { type: 'set-rules', rules: rulesVersionMax });
    expect(queue.apply(queue.owner, { type: 'set-rules', rules: rulesVersionMax + 1 }).stopped).toBe(
      'rules-version',
    );
    expect(queue.state.stopped).toBe(true);
  });

  it('signed commands replay to the same state', () => {
    const queue = new TestQueue({}, true);
    queue.join('submitter');
    queue.must(queue.owner, rename('Ours'));
    expect(queue.replayed().hash()).toEqual(queue.state.hash());
    expect(genesisOf(queue.owner)).toEqual(queue.state.genesisBytes);
  });
});

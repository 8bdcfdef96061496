import { expect, it, test } from 'vitest';
import type { JobId, SetId } from '../base/index.ts';
import { TestQueue } from '../queue/fixture.ts';
import type { Person } from '../queue/fixture.ts';
import type { Command, QueueRefusal } from '../queue/index.ts';
import { deeds, refusalCodes, refusalSchema, roles } from '../queue/index.ts';
import { refusalText, spoken } from './index.ts';
import { samplesOf } from './testing/samples.ts';

const samples = samplesOf(refusalSchema);

it.each(refusalCodes)('has words for %s, whatever its data', (code) => {
  const all = samples.filter((refusal) => refusal.code === code);
  expect(all.length).toBeGreaterThan(0);
  for (const refusal of all) {
    const text = refusalText(refusal);
    expect(text).not.toMatch(/undefined|\[object|NaN|^\s|\s$/);
    if (!/not found$|^access denied/.test(text)) expect(text).toMatch(/^\S.{10,}\.$/);
    expect(spoken(refusal)).toEqual({ ...refusal, text });
  }
});

test('each deed that a role may not do has words of its own', () => {
  const texts = deeds.map((deed) => refusalText({ code: 'not-allowed', role: 'viewer', deed }));
  expect(new Set(texts).size).toBe(deeds.length);
  for (const role of roles) {
    const text = refusalText({ code: 'not-allowed', role, deed: 'change-rules' });
    expect(text).toMatch(
      /^As an? .+ you may not change its rules\. Ask its owner or an operator\.$|^As the owner/,
    );
  }
});

/** What becomes of a command that must be refused. */
function refusedBy(queue: TestQueue, author: Person, command: Command): QueueRefusal {
  const { result } = queue.apply(author, command);
  if (result.kind !== 'refused') throw new Error(`${command.type} was not refused`);
  return result.refusal;
}

test('PeerPrint’s refusals keep their words: a job that is not there, and one that somebody else holds or made', () => {
  const queue = new TestQueue();
  const [ann, bob] = [queue.join('printer'), queue.join('printer')];
  const said = (author: Person, command: Command) => refusalText(refusedBy(queue, author, command));
  const gone = 'gone' as JobId;
  expect(said(ann, { type: 'edit-job', job: gone, copies: 2 })).toBe('job not found');
  expect(said(ann, { type: 'delete-job', job: gone })).toBe('job not found');
  const job = queue.job(ann, [1]);
  expect(said(bob, { type: 'edit-job', job: job.id, copies: 2 })).toBe(
    `access denied for "${bob.peer}"; job ${job.id} belongs to "${ann.peer}"`,
  );
  const [mk3, ender] = [queue.printer(ann), queue.printer(bob)];
  const [set] = job.sets;
  if (set === undefined) throw new Error('the job has a set');
  queue.claim(ann, set, mk3);
  expect(said(bob, { type: 'claim', print: 'second' as never, set, printer: ender })).toBe(
    `access denied for "${bob.peer}"; job ${job.id} acquired by "${ann.peer}"`,
  );
});

test('no sentence is part of a queue’s state: what it keeps of a refusal is the code and its data', () => {
  const queue = new TestQueue();
  const refusals = [
    refusedBy(queue, queue.owner, { type: 'delete-job', job: 'gone' as JobId }),
    refusedBy(queue, queue.owner, { type: 'release-set', set: 'gone' as SetId }),
    refusedBy(queue, queue.join('viewer'), { type: 'rename-queue', name: 'New' }),
  ];
  const snapshot = new TextDecoder('latin1').decode(queue.state.snapshot());
  for (const refusal of refusals) {
    expect(snapshot).toContain(refusal.code);
    expect(snapshot).not.toContain(refusalText(refusal));
  }
});

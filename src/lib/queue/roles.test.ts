import { describe, expect, it, test } from 'vitest';
import type { JobId, SetId } from '../base/index.ts';
import type { Command, Role } from './command.ts';
import { roles } from './command.ts';
import { TestQueue, personOf } from './fixture.ts';
import type { Person } from './fixture.ts';
import type { Applied } from './state.ts';

/** What somebody tries, who may do it, and what the others are told that they may not. */
interface Deed {
  readonly what: string;
  readonly may: readonly Role[];
  readonly make: (queue: TestQueue, author: Person) => Command;
}

const operators: readonly Role[] = ['owner', 'operator'];
const printers: readonly Role[] = [...operators, 'printer'];
const submitters: readonly Role[] = [...printers, 'submitter'];

const deeds: readonly Deed[] = [
  {
    what: 'add files',
    may: submitters,
    make: () => ({ type: 'add-file', file: 'f' as never, name: 'f.gcode', size: 9, meta: {} }),
  },
  {
    what: 'add jobs',
    may: submitters,
    make: (queue) => ({
      type: 'add-job',
      job: 'j' as JobId,
      name: 'J',
      copies: 1,
      draft: false,
      keepTogether: false,
      notes: '',
      wallMs: 0,
      sets: [{ set: 's' as SetId, file: queue.file(), count: 1, requirements: {} }],
    }),
  },
  {
    what: 'add printers',
    may: printers,
    make: () => ({
      type: 'set-printer',
      printer: 'p' as never,
      name: 'P',
      enabled: true,
      autoClear: false,
      materials: [],
    }),
  },
  {
    what: 'change the order of jobs',
    may: operators,
    make: (queue) => ({ type: 'move-job', job: queue.job(queue.owner, [1]).id, after: null }),
  },
  { what: 'rename it', may: operators, make: () => ({ type: 'rename-queue', name: 'New' }) },
  {
    what: 'change its rules',
    may: operators,
    make: () => ({ type: 'set-settings', settings: { strategy: 'shortest-first' } }),
  },
  {
    what: 'invite others',
    may: operators,
    make: () => ({
      type: 'invite',
      invitation: 'i',
      publicKey: personOf(500).publicKey,
      role: 'viewer',
      voter: false,
      lifeMs: 1000,
      usesMax: 1,
    }),
  },
  {
    what: 'remove others',
    may: operators,
    make: (queue) => ({ type: 'remove-member', peer: queue.join('viewer').peer }),
  },
  {
    what: 'change what others may do',
    may: operators,
    make: (queue) => ({ type: 'set-member', peer: queue.join('viewer').peer, role: 'printer' }),
  },
];

const called: Record<Role, string> = {
  owner: 'the owner',
  operator: 'an operator',
  printer: 'a printer',
  submitter: 'a guest who submits',
  viewer: 'a viewer',
};

const refusalOf = ({ result }: Applied) => (result.kind === 'refused' ? result.refusal : undefined);

describe.each(roles)('Who is %s', (role) => {
  it.each(deeds)('is told by code and sentence whether it may $what', ({ what, may, make }) => {
    const queue = new TestQueue();
    const author = role === 'owner' ? queue.owner : queue.join(role);
    const command = make(queue, author);
    const refusal = refusalOf(queue.apply(author, command));
    if (may.includes(role)) expect(refusal).toBeUndefined();
    else {
      expect(refusal).toEqual({
        code: 'not-allowed',
        text: `As ${called[role]} of this queue you may not ${what}. Ask its owner or an operator.`,
      });
    }
    // Every replica that reads the log says the same.
    const other = new TestQueue();
    const read = queue.log.slice(1).map((entry) => other.entry(entry));
    const last = read.at(-1);
    expect(last === undefined ? undefined : refusalOf(last)).toEqual(refusal);
    expect(other.state.hash()).toEqual(queue.state.hash());
  });
});

test('PeerPrint’s refusals keep their words: a job that is not there, and one that somebody else holds or made', () => {
  const queue = new TestQueue();
  const [ann, bob] = [queue.join('printer'), queue.join('printer')];
  const textOf = (author: Person, command: Command) => refusalOf(queue.apply(author, command));
  const gone = 'gone' as JobId;
  for (const command of [
    { type: 'edit-job', job: gone, copies: 2 },
    { type: 'delete-job', job: gone },
  ] as const) {
    expect(textOf(ann, command)).toEqual({ code: 'job-not-found', text: 'job not found' });
  }
  const job = queue.job(ann, [1]);
  expect(textOf(bob, { type: 'edit-job', job: job.id, copies: 2 })).toEqual({
    code: 'access-denied',
    text: `access denied for "${bob.peer}"; job ${job.id} belongs to "${ann.peer}"`,
  });
  const [mk3, ender] = [queue.printer(ann), queue.printer(bob)];
  const [set] = job.sets;
  if (set === undefined) throw new Error('the job has a set');
  queue.claim(ann, set, mk3);
  expect(textOf(bob, { type: 'claim', print: 'second' as never, set, printer: ender })).toEqual({
    code: 'access-denied',
    text: `access denied for "${bob.peer}"; job ${job.id} acquired by "${ann.peer}"`,
  });
});

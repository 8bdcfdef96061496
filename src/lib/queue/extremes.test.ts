import { describe, expect, it } from 'vitest';
import type { JobId, PrintId, PrinterId, SetId } from '../base/index.ts';
import { encode, hex, must } from '../base/index.ts';
import type { End } from '../base/testing/shapes.ts';
import { extremesOf } from '../base/testing/shapes.ts';
import type { Command, CommandType } from './command.ts';
import { commandSchemas } from './command.ts';
import { encodeCommandEntry, encodeTickEntry } from './entry.ts';
import type { Person } from './fixture.ts';
import { TestQueue } from './fixture.ts';
import { added } from './history.ts';
import { counterMax, envelopeBytesMax, stampMsMax, totalMax } from './limits.ts';

/**
 * No value that one author or leader chooses ends a queue. The values are not written here: they are what the shapes of all commands let through at
 * their ends, so that a new command or another limit is tried by itself.
 */

/** Needs an invitation’s key, or stops this build on purpose (an owner’s newer rules). */
const apart: ReadonlySet<CommandType> = new Set<CommandType>(['join', 'rejoin', 'set-rules']);
/** They take away what the others need: last. */
const last: readonly CommandType[] = [
  'release',
  'cancel-print',
  'resolve',
  'set-bed',
  'remove-printer',
  'delete-job',
  'remove-member',
];
const types = (Object.keys(commandSchemas) as CommandType[])
  .filter((type) => !apart.has(type) && !last.includes(type))
  .concat(last);

/** Halves its longest list until the command fits into an envelope, and gives the sets of a job names of their own. */
function fitting(command: Command): Command {
  let out = command;
  for (;;) {
    const lists = Object.entries(out).filter(
      (entry): entry is [string, unknown[]] => Array.isArray(entry[1]) && entry[1].length > 1,
    );
    const [key, longest] = lists.sort(([, a], [, b]) => b.length - a.length)[0] ?? [];
    if (key === undefined || longest === undefined) return out;
    if (encode(out).length < envelopeBytesMax - 1_000) break;
    out = { ...out, [key]: longest.slice(0, Math.floor(longest.length / 2)) };
  }
  // A place behind a job that is not there is refused, whatever its length.
  if (out.type === 'add-job' && out.after !== undefined) out = { ...out, after: null };
  if (out.type !== 'add-job' && out.type !== 'edit-job') return out;
  const sets = out.sets?.map((set, at) => (at === 0 ? set : { ...set, set: `set-${at}` as SetId }));
  return sets === undefined ? out : { ...out, sets };
}

function extremeCommands(type: CommandType, end: End): readonly Command[] {
  return (extremesOf(commandSchemas[type], end) as readonly Command[]).map(fitting);
}

/** Says what people say before something is printed: the jobs are no drafts, the beds are clear. */
function makeReady(queue: TestQueue): void {
  const { owner, state } = queue;
  for (const { id } of [...state.jobs.values()])
    queue.must(owner, { type: 'edit-job', job: id, draft: false, keepTogether: false });
  for (const { id, bedPrint, bedRevision } of [...state.printers.values()]) {
    const print = bedPrint === undefined ? {} : { print: bedPrint };
    queue.must(owner, { type: 'set-bed', printer: id, bed: 'clear', revision: bedRevision, ...print });
  }
}

/** Work that goes on in a queue as ever: a print from its claim to its end, a lease that runs out, a new member. */
function expectAlive(queue: TestQueue, author: Person): void {
  queue.nowMs = queue.state.stampMs;
  queue.openSession(author);
  queue.must(author, { type: 'set-settings', settings: { leaseMs: 60_000, claimAhead: 1 } });
  const printer = `alive-${queue.index}` as PrinterId;
  const set: SetId = must(queue.job(author, [3]).sets[0], 'a set');
  queue.must(author, {
    type: 'set-printer',
    printer,
    name: 'Alive',
    enabled: true,
    autoClear: true,
    materials: [],
  });
  queue.must(author, { type: 'set-bed', printer, bed: 'clear' });
  const done: PrintId = queue.start(author, set, printer);
  queue.finish(author, done);
  const lost: PrintId = queue.claim(author, set, printer);
  expect(must(queue.state.nextDeadlineMs(), 'a deadline')).toBeLessThanOrEqual(queue.nowMs + 60_000);
  queue.tick(60_000);
  expect(queue.state.prints.has(lost)).toBe(false);
  const next = queue.claim(author, set, printer);
  queue.tick(59_000);
  queue.must(author, { type: 'renew', prints: [next] });
  queue.tick(59_000);
  expect(queue.state.prints.has(next)).toBe(true);
  queue.must(author, { type: 'release', print: next });
  expect(queue.join('submitter').session).toBeGreaterThan(0);
}

/** The state as a snapshot gives it is the state. */
function expectSaved(queue: TestQueue): void {
  const { state } = queue;
  const bytes = state.snapshot();
  const restored = queue.restored(bytes);
  expect(hex(restored.hash())).toBe(hex(state.hash()));
  expect(hex(restored.provenHash())).toBe(hex(state.hash()));
  expect(hex(restored.snapshot())).toBe(hex(bytes));
  expect(restored.nextDeadlineMs()).toBe(state.nextDeadlineMs());
}

describe.each<readonly End[]>([['most'], ['least'], ['most', 'least'], ['least', 'most']])(
  'commands with the %s that their shapes let through',
  (...ends) => {
    it('leave a queue that admits, saves and keeps its deadlines', () => {
      const queue = new TestQueue();
      const member = queue.join('operator');
      const committed = new Set<CommandType>();
      for (const end of ends) {
        for (const type of types) {
          if (type === 'claim') makeReady(queue);
          for (const command of extremeCommands(type, end)) {
            for (const author of [member, queue.owner]) {
              // Grants and removals of everybody are no matter of values.
              if (command.type === 'set-member' && command.role === 'owner') continue;
              const { result } =
                type === 'open-session' ? queue.sessionless(author, command) : queue.apply(author, command);
              if (result.kind === 'committed') committed.add(type);
            }
          }
          expectSaved(queue);
        }
      }
      // A queue in which everything was refused would prove nothing.
      for (const type of ['set-settings', 'add-file', 'add-job', 'edit-job', 'set-printer'] as const)
        expect(committed, type).toContain(type);
      for (const type of ['claim', 'starting', 'finish', 'import-history', 'invite'] as const)
        expect(committed, type).toContain(type);
      expectAlive(queue, queue.owner);
      expectSaved(queue);
    });
  },
);

describe('the numbers beside a command', () => {
  it('at their ends end no session but their own, and no queue', () => {
    const queue = new TestQueue();
    const member = queue.join('operator');
    const rename = { type: 'rename-queue', name: 'Another' } as const;
    const ends = [0, 1, counterMax - 1, counterMax, counterMax + 1, Number.MAX_SAFE_INTEGER];
    for (const session of [...ends, member.session])
      for (const seq of ends)
        for (const ack of ends)
          for (const stamp of [queue.state.stampMs, 0, stampMsMax]) {
            const head = { queue: queue.state.digest, session, seq, ack };
            queue.entry(encodeCommandEntry(stamp, queue.envelope(member, head, rename)));
          }
    expectSaved(queue);
    expectAlive(queue, queue.owner);
    expectAlive(queue, member);
    expectSaved(queue);
  });
});

describe('totals', () => {
  it('end where numbers would not be exact any more, and can be saved there', () => {
    expect(added(totalMax - 1, 5)).toBe(totalMax);
    expect(added(totalMax, -5)).toBe(totalMax - 5);
    expect(added(-totalMax, -1)).toBe(-totalMax);
    const queue = new TestQueue();
    const { owner } = queue;
    const printer = queue.printer(owner);
    const set = must(queue.job(owner, [999]).sets[0], 'a set');
    const totals = queue.state.totals as { all: object };
    totals.all = { ...totals.all, seconds: totalMax, filamentMm: totalMax - 1 };
    for (const seconds of [1e9, 1e9, 3]) {
      const print = queue.start(owner, set, printer);
      queue.must(owner, {
        type: 'finish',
        print,
        outcome: 'good',
        lines: 1e12,
        resends: 1e12,
        seconds,
        filamentMm: 1e9,
      });
    }
    expect(queue.state.totals.all).toMatchObject({ seconds: totalMax, filamentMm: totalMax });
    const restored = queue.restored(queue.state.snapshot());
    expect(restored.totals.all).toEqual(queue.state.totals.all);
  });
});

describe('stamps', () => {
  it('of a leader that jumps ahead with every entry leave leases that are taken and kept', () => {
    const queue = new TestQueue();
    for (let i = 0; i < 2_000; i++) queue.entry(encodeTickEntry(stampMsMax, i % 2 === 0));
    expectSaved(queue);
    expectAlive(queue, queue.owner);
    const job: JobId = queue.job(queue.owner, [1]).id;
    expect(queue.state.jobs.has(job)).toBe(true);
  });
});

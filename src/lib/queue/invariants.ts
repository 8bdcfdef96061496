import type { PrintId } from '../base/index.ts';
import type { QueueView, Totals } from './state.ts';
import { isDisplaced, isUnderWay, remainingOf, wantedOf } from './state.ts';

/** What must hold of a queue after every entry. Empty when it does. For tests and the simulator: costs as much as the queue is large. */
export function brokenInvariants(view: QueueView): readonly string[] {
  const broken: string[] = [];
  const expect = (holds: boolean, text: string) => {
    if (!holds) broken.push(text);
  };
  checkPeople(view, expect);
  checkJobs(view, expect);
  checkPrints(view, expect);
  checkTotals(view, expect);
  return broken;
}

type Expect = (holds: boolean, text: string) => void;

function checkPeople(view: QueueView, expect: Expect): void {
  const members = [...view.members.values()];
  expect(
    members.some(({ role }) => role === 'owner'),
    'the queue has an owner',
  );
  expect(
    members.some(({ voter }) => voter),
    'the queue has a voter',
  );
  const replicas = new Set(members.map(({ replicaId }) => replicaId));
  expect(replicas.size === members.length, 'no replica id is given twice');
}

function checkJobs(view: QueueView, expect: Expect): void {
  const ordered = [...view.jobsInOrder()];
  expect(ordered.length === view.jobs.size, 'every job has one place in the order');
  expect(new Set(ordered.map(({ id }) => id)).size === ordered.length, 'no job stands in the order twice');
  let label = -Infinity;
  for (const job of ordered) {
    expect(view.jobLabel(job.id) > label, `labels ascend along the order (${job.id})`);
    label = view.jobLabel(job.id);
  }
  let place = 0;
  view.eachJob((job, at, sets) => {
    const there = ordered[place++];
    expect(job === there && at === view.jobLabel(job.id), `job ${job.id} is told in its place`);
    expect(
      sets.length === job.sets.length && sets.every((set, i) => set === view.sets.get(job.sets[i] ?? set.id)),
      `job ${job.id} is told with its sets`,
    );
  });
  expect(place === ordered.length, 'every job is told once');
  const uses = new Map<string, number>();
  let sets = 0;
  for (const job of ordered) {
    let done = true;
    for (const id of job.sets) {
      sets++;
      const set = view.sets.get(id);
      expect(set?.job === job.id, `set ${id} belongs to its job`);
      if (set === undefined) continue;
      done &&= remainingOf(job, set) === 0;
      uses.set(set.file, (uses.get(set.file) ?? 0) + 1);
      const counts = [set.good, set.failed, set.cancelled, set.unknown, set.failures];
      expect(
        counts.every((count) => count >= 0),
        `set ${id} counts no less than nothing`,
      );
    }
    expect(job.done === done, `job ${job.id} is done when every good copy is there, and only then`);
  }
  expect(sets === view.sets.size, 'no set is without a job');
  for (const file of view.files.values()) {
    expect(file.uses === (uses.get(file.id) ?? 0), `file ${file.id} knows how many sets name it`);
  }
  for (const id of uses.keys())
    expect((view.files as ReadonlyMap<string, unknown>).has(id), `file ${id} is known`);
}

function checkPrints(view: QueueView, expect: Expect): void {
  const held = new Set<PrintId>();
  for (const set of view.sets.values()) {
    for (const id of set.active) {
      expect(view.prints.get(id)?.set === set.id, `set ${set.id} holds print ${id}`);
      held.add(id);
    }
    const numbers = set.active.map((id) => view.prints.get(id)?.copy ?? 0);
    const given = [...numbers, ...set.again, ...set.onHold];
    expect(
      new Set(given).size === given.length && given.every((copy) => copy >= 1 && copy < set.nextCopy),
      `every copy of set ${set.id} that is held, to be made again or on hold has a number of its own`,
    );
    expect(
      set.onHold.every((copy, i) => i === 0 || copy > (set.onHold[i - 1] ?? 0)),
      `the copies of set ${set.id} on hold stand in order`,
    );
    expect(
      set.again.every((copy, i) => i === 0 || copy > (set.again[i - 1] ?? 0)),
      `the copies of set ${set.id} to be made again stand in order`,
    );
    const job = view.jobs.get(set.job);
    expect(
      job === undefined || set.onHold.length <= remainingOf(job, set),
      `nobody is asked about copies of set ${set.id} that are not wanted`,
    );
    expect(set.takenOff >= 0, `set ${set.id} has no fewer than none taken off`);
    const claimed = set.active.some((id) => view.prints.get(id)?.phase === 'claimed');
    expect(
      !claimed || job === undefined || set.good + set.active.length <= wantedOf(job, set),
      `nothing is claimed of set ${set.id} that is not wanted`,
    );
  }
  expect(held.size === view.prints.size, 'every print is held by one set');
  let mounted = 0;
  for (const printer of view.printers.values()) {
    for (const id of printer.prints) {
      mounted++;
      const print = view.prints.get(id);
      expect(print?.printer === printer.id, `printer ${printer.id} has print ${id}`);
      expect(print?.holder === printer.peer, `print ${id} is held by who drives its printer`);
      if (print === undefined || !isUnderWay(print)) continue;
      const displaced = isDisplaced(print, printer);
      expect(!displaced || print.lostMs !== undefined, `printer ${printer.id} prints one thing at a time`);
      expect(displaced || printer.bed !== 'clear', `the bed of ${printer.id} is not clear while it prints`);
    }
  }
  expect(mounted === view.prints.size, 'every print is on one printer');
  for (const print of view.prints.values()) {
    expect(
      print.phase !== 'claimed' || print.lostMs === undefined,
      `print ${print.id} is not lost before it starts`,
    );
    const live = print.lostMs !== undefined || print.leaseUntilMs > view.stampMs;
    expect(live, `the lease of print ${print.id} has not run out unnoticed`);
    expect(!view.history.has(print.id), `print ${print.id} has not ended while it goes on`);
  }
}

function checkTotals(view: QueueView, expect: Expect): void {
  const { all, byPrinter, byPerson, byMaterial } = view.totals;
  expect(all.prints === all.good + all.failed + all.cancelled + all.unknown, 'every print has one outcome');
  expect(all.prints >= view.history.size, 'the totals count every print of the history');
  for (const table of [byPrinter, byPerson, byMaterial]) {
    for (const key of Object.keys(all) as (keyof Totals)[]) {
      let sum = 0;
      for (const row of table.values()) sum += row[key];
      expect(sum === all[key], `the rows of a table of totals add up (${key})`);
    }
  }
}

import { messageOf } from '../../lib/base/index.ts';
import { remainingOf } from '../../lib/queue/index.ts';
import type { QueueHost } from '../../lib/peer/host/queue-host.ts';
import type { Failure } from '../run.ts';
import { peersHabitsOf } from './habits.ts';
import { People } from './people.ts';
import type { Room } from './room.ts';
import { Returning } from './returning.ts';
import { Trouble } from './trouble.ts';
import { type PeersCounts, PeersWorld, noPeersCounts } from './world.ts';

export interface PeersOutcome {
  readonly counts: PeersCounts;
  readonly failure: Failure | undefined;
}

/** Virtual ms within which all jobs must be done and all peers agree once the troubles end. */
const peaceMsMax = 600_000;
/** How often people then look after what is left, in ms. */
const tidyMs = 3_000;
/** Prints take no longer than this then, in ms. */
const peacePrintMsMax = 2_000;

/** Plays one seed of whole peers: troubles first, then peace, in which everything that was asked for is printed. */
export async function runPeersSeed(
  seed: number,
  queuesMax: number,
  trace?: (line: string) => void,
): Promise<PeersOutcome> {
  let world: PeersWorld | undefined;
  const queues = queuesMax > 1 ? ` --queues ${queuesMax}` : '';
  const command = `npm run sim -- --peers${queues} --seed ${seed} --trace`;
  try {
    world = await PeersWorld.make(seed, peersHabitsOf(seed, queuesMax), trace);
    const played = world;
    const unhandled = (error: unknown) => played.break('fault', `nobody handles: ${detailOf(error)}`);
    process.on('unhandledRejection', unhandled);
    try {
      await play(world);
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  } catch (error) {
    const text = detailOf(error);
    return { counts: world?.counts ?? noPeersCounts(), failure: { seed, checker: 'fault', text, command } };
  }
  const { counts, violation } = world;
  return { counts, failure: violation === undefined ? undefined : { seed, ...violation, command } };
}

function detailOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return `${messageOf(error)} ${stack.split('\n').slice(1, 4).join(' ')}`;
}

async function play(world: PeersWorld): Promise<void> {
  const { agenda, habits } = world;
  const people = world.rooms.map((room) => new People(room));
  const returning = world.rooms.map((room) => new Returning(room));
  const trouble = new Trouble(
    world,
    (browser) => {
      for (const each of people) each.welcome(browser);
    },
    (browser) => returning[world.random.below(returning.length)]?.remove(browser),
  );
  const endMs = agenda.nowMs + habits.troubledMs;
  while (agenda.nowMs < endMs && world.violation === undefined) await world.step();
  if (world.violation !== undefined) return;
  world.tell('peace');
  trouble.stop();
  for (const each of people) each.calm = true;
  world.failing = 0;
  world.printMsMax = peacePrintMsMax;
  const deadlineMs = agenda.nowMs + peaceMsMax;
  let nextMs = agenda.nowMs;
  for (;;) {
    await world.step();
    if (world.violation !== undefined) return;
    if (agenda.nowMs < nextMs) continue;
    nextMs = agenda.nowMs + tidyMs;
    const open = whatIsOpen(world);
    if (open === undefined) break;
    if (agenda.nowMs > deadlineMs) {
      for (const room of world.rooms)
        for (const browser of world.browsers) room.tell(`${browser.name}: ${standing(room.hostOf(browser))}`);
      world.break('convergence', `${peaceMsMax / 1000} s after the last trouble: ${open}`);
      return;
    }
    for (const browser of world.browsers) {
      if (browser.state === 'down') void browser.open();
      browser.reopenTabs();
    }
    for (const each of people) each.tidy();
  }
  world.end();
}

/** How a peer stands, in one line of a trace. */
function standing(host: QueueHost | undefined): string {
  if (host === undefined) return 'is not there';
  const { role, leader, term, commit, confState } = host.status();
  const { voters, learners } = confState;
  return `${role} of ${leader} in term ${term}, commit ${commit}, voters ${voters.join(' ')}, learners ${learners.join(' ')}, ${host.condition().text}`;
}

/** What has not come to an end yet, or undefined. */
function whatIsOpen(world: PeersWorld): string | undefined {
  for (const machine of world.machines())
    if (machine.under !== undefined) return `${machine.id} prints ${machine.under.print}`;
  for (const { peer } of world.browsers)
    for (const { name, work } of peer?.desk.printers() ?? [])
      if (work !== undefined) return `${name} still has ${work.print} in hand`;
  for (const room of world.rooms) {
    const open = whatIsOpenIn(room);
    if (open !== undefined) return `${room.name}: ${open}`;
  }
  return undefined;
}

/** One votes, or three and more of those whom the queue trusts do; two where the queue says so. Undefined when that holds. */
function whoVotesOddly(host: QueueHost): string | undefined {
  const { members, head } = host.state;
  const { voters, votersOutgoing } = host.status().confState;
  const trusted = [...members.values()].filter(({ voter }) => voter).length;
  const wanted = trusted === 2 && !head.settings.twoVoters ? 1 : trusted;
  if (votersOutgoing.length > 0) return 'a change of members has no end';
  return voters.length === wanted ? undefined : `${voters.length} vote, of ${trusted} that are trusted`;
}

function whatIsOpenIn(room: Room): string | undefined {
  const { book, browsers } = room;
  // Not the book's: an entry of Raft's own, which comes last, it has from the state of a peer that may have begun another since.
  const newest = Math.max(0, ...browsers.map((browser) => room.hostOf(browser)?.state.index ?? 0));
  for (const browser of browsers) {
    const { name, state } = browser;
    const host = room.hostOf(browser);
    if (state === 'lost') continue;
    if (host === undefined) return `${name} is ${state}`;
    const waits = host.pending()[0];
    if (waits !== undefined) return `${name} waits for “${waits.text}”`;
    if (host.state.index !== newest) return `${name} has applied ${host.state.index} of ${newest}`;
  }
  const leader = browsers
    .map((browser) => room.hostOf(browser))
    .find((host) => host?.status().admits === true);
  const voting = leader === undefined ? 'nobody leads' : whoVotesOddly(leader);
  if (voting !== undefined) return voting;
  const state = book.truth;
  if (state === undefined) return 'nothing was applied';
  const printing = [...state.prints.keys()][0];
  if (printing !== undefined) return `print ${printing} has not ended`;
  if (browsers.every(({ state: its, machines }) => its === 'lost' || machines.length === 0)) return undefined;
  for (const job of state.jobs.values()) {
    if (job.draft) continue;
    for (const id of job.sets) {
      const set = state.sets.get(id);
      const left = set === undefined ? 0 : remainingOf(job, set);
      if (left > 0) return `${left} of ${id} are missing`;
    }
  }
  return undefined;
}

import { MessageType, newMessage } from '../lib/raft/index.ts';
import { Violation } from './checkers/index.ts';
import { nonsense } from './operator.ts';
import type { Site } from './site.ts';
import type { World } from './world.ts';

/** What comes last in some worlds, when all has come to rest: it would disturb the rest of a run. */
export type LastAct = 'raiser' | 'forgotten';

/** A voter that wants to stop the queue does so for so long, this often; and it is looked whether it did, in ms. */
const raisesForMs = 60_000;
const raiseEveryMs = 200;
const windowMs = 5_000;

/**
 * One voter raises the term of the others at will, by every kind of message that does: the queue must go on most of the time.
 */
function raiseTerms(world: World): void {
  const leader = world.leader();
  const voters = leader?.confState.voters ?? [];
  const liar = voters
    .map((id) => world.sites.get(id))
    .find((site) => site !== undefined && site !== leader && site.isUp);
  if (liar?.replica === undefined || voters.length < 3) return;
  world.trace?.(`--- ${liar.id} raises terms`);
  let steps = 0;
  let good = 0;
  for (let window = 0; window < raisesForMs / windowMs; window++) {
    const before = world.ledger.length;
    const untilMs = world.agenda.nowMs + windowMs;
    while (world.agenda.nowMs < untilMs) {
      say(world, liar, kinds[steps++ % kinds.length] ?? MessageType.Vote);
      world.leader()?.replica?.propose(nonsense);
      passTime(world, raiseEveryMs);
    }
    if (world.ledger.length > before) good++;
  }
  const windows = raisesForMs / windowMs;
  if (good * 2 <= windows)
    throw new Violation(
      'terms-raised',
      `replica ${liar.id} raises terms at will: only in ${good} of ${windows} times something was agreed on`,
    );
}

const kinds: readonly MessageType[] = [
  MessageType.Vote,
  MessageType.AppResp,
  MessageType.HeartbeatResp,
  MessageType.VoteResp,
  MessageType.Heartbeat,
];

/** Says something of a term that nobody has reached yet, to everybody. */
function say(world: World, liar: Site, type: MessageType): void {
  const terms = [...world.sites.values()].filter(({ isUp }) => isUp).map(({ term }) => term);
  const term = Math.max(...terms) + 1;
  for (const id of liar.confState.voters) {
    if (id === liar.id) continue;
    const message = newMessage(type, id, liar.id, term);
    message.reject = type === MessageType.AppResp || type === MessageType.VoteResp;
    if (type === MessageType.Vote) {
      message.index = liar.log.last;
      message.logTerm = liar.log.lastTerm;
      // As if the leader had handed over.
      message.context = Uint8Array.of(1);
    }
    liar.replica?.say(message);
  }
}

/** How long a copy that was put back may take to be elected by who knows nothing, and a witness to find out, in ms. */
const electedMsMax = 30_000;
const foundOutMs = 20_000;

/**
 * A voter's disk is put back while nobody is awake who knows what it had: what it had acknowledged is decided anew, and nothing can prevent
 * that. But who comes back and knows of the old decision must stop, instead of passing it over.
 */
function forget(world: World): void {
  const leader = world.leader();
  const { voters = [], learners = [], votersOutgoing = [] } = leader?.confState ?? {};
  const [copied, other] = voters.map((id) => world.sites.get(id)).filter((site) => site !== leader);
  if (leader === undefined || copied === undefined || other === undefined) return;
  if (voters.length !== 3 || learners.length > 0 || votersOutgoing.length > 0) return;
  if (!copied.isUp || !other.isUp || copied.replica === undefined || other.replica === undefined) return;
  world.trace?.(`--- ${copied.id} forgets, and nobody knows but ${leader.id}, which sleeps`);
  const backup = copied.disk.backup();
  for (const id of [leader.id, copied.id]) {
    world.network.cut(id, other.id);
    world.network.cut(other.id, id);
  }
  agree(world, leader, 3);
  const known = Math.min(leader.disk.hardState.commit, leader.log.last);
  const term = leader.log.term(known);
  world.forgetPromises();
  world.crash(leader, false);
  world.restore(copied, backup);
  copied.isRestored = false;
  world.network.mend();
  world.start(copied);
  let next: Site | undefined;
  for (let ms = 0; ms < electedMsMax && next?.replica?.admits !== true; ms += raiseEveryMs) {
    passTime(world, raiseEveryMs);
    next = world.leader();
  }
  if (next === undefined || copied.state !== 'up') return;
  agree(world, next, 8);
  if (next.log.term(known) === term || next.log.last <= known) return;
  world.start(leader);
  passTime(world, foundOutMs);
  // A snapshot of what comes behind its log says nothing of what it had.
  if (leader.isUp && leader.log.baseIndex <= known)
    throw new Violation(
      'contradiction',
      `replica ${leader.id} goes on, which knew that ${term}/${known} was committed, where others have ${next.log.term(known)}/${known}`,
    );
}

/** Something is agreed on so often, if it can be. */
function agree(world: World, leader: Site, times: number): void {
  for (let i = 0; i < times; i++) {
    leader.replica?.propose(nonsense);
    passTime(world, 1_000);
  }
}

function passTime(world: World, ms: number): void {
  const untilMs = world.agenda.nowMs + ms;
  while (world.agenda.nowMs < untilMs && world.agenda.step());
}

export function playLastAct(world: World, act: LastAct): void {
  if (act === 'raiser') raiseTerms(world);
  else forget(world);
}

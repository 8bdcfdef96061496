import type { Page } from '@playwright/test';
import { House, viewOf } from '../../src/e2e/house.ts';
import { RelayProcess } from '../../src/e2e/relay-process.ts';
import {
  type Peer,
  appOf,
  commitOnAndOn,
  createAt,
  peersOf,
  reopen,
  settle,
  told,
  untilDirect,
  untilReady,
  untilTold,
} from '../../src/e2e/scenes.ts';
import { untilVoters } from '../../src/e2e/house.ts';
import type { QueueId } from '../../src/lib/base/index.ts';
import { supervisePeriodMs } from '../../src/lib/network/limits.ts';
import { longestSilence } from './silence.ts';

/** What is lost and how long it takes when tabs, browsers, relays and machines go away: real browsers, one process and profile per peer. */
export interface SurviveOptions {
  /** Leaders closed, and as many killed. */
  readonly elections: number;
  /** Browsers killed in the middle of commits. */
  readonly kills: number;
  /** Anchors closed, relays killed and machines put to sleep, each so often. */
  readonly losses: number;
  /** Minutes of use over which the memory of a peer's worker is watched. */
  readonly minutes: number;
}

interface Spread {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly of: number;
}

/** Commands under way at a time in a browser that is killed. */
const killLanes = 4;

const threeNames = ['Anna', 'Ben', 'Cleo'] as const;

export async function benchSurvival(options: SurviveOptions): Promise<object> {
  const { elections, kills, losses, minutes } = options;
  return {
    ...(elections > 0
      ? {
          withoutLeaderClosed: await inHouse((house) => leaderless(house, elections, 'closed')),
          withoutLeaderKilled: await inHouse((house) => leaderless(house, elections, 'killed')),
        }
      : {}),
    ...(kills > 0 ? { kills: await inHouse((house) => killed(house, kills)) } : {}),
    ...(losses > 0
      ? {
          anchorLost: await inHouse((house) => anchorLost(house, losses)),
          relayLost: await inHouse((house) => relayLost(house, losses)),
          asleep: await inHouse((house) => asleep(house, losses)),
        }
      : {}),
    ...(minutes > 0 ? { memory: await inHouse((house) => memory(house, minutes)) } : {}),
  };
}

async function inHouse<T>(run: (house: House) => Promise<T>): Promise<T> {
  const house = new House(await new RelayProcess().start());
  try {
    return await run(house);
  } finally {
    await house.end();
  }
}

/** The longest time without a commit when a leader goes, seen by a follower that asks without a pause. */
async function leaderless(house: House, times: number, how: 'closed' | 'killed'): Promise<Spread> {
  const { peers, queue } = await peersOf(house, 'Leaders', threeNames);
  const pages = new Map<string, { peer: Peer; page: Page }>();
  for (const peer of peers) pages.set(peer.browser.name, { peer, page: peer.page });
  const took: number[] = [];
  for (let round = 0; round < times; round++) {
    const entries = [...pages.values()];
    // A leader that is wired to nobody has nobody to tell that it closes: that is another measure.
    for (const { page } of entries) await untilDirect(page, queue, threeNames.length - 1);
    const [any] = entries;
    if (any === undefined) throw new Error('three peers');
    let leader: (typeof entries)[number] | undefined;
    for (const entry of entries) {
      const view = await viewOf(entry.page, queue);
      if (view.peers.some((peer) => peer.self && peer.leads)) leader = entry;
    }
    const follower = entries.find((entry) => entry !== leader);
    if (leader === undefined || follower === undefined) throw new Error('nobody leads');
    const clocked = await follower.page.evaluateHandle(() => ({ sent: [] as number[][] }));
    const stop = await follower.page.evaluateHandle(
      ([id, { sent }]) => {
        const state = { on: true };
        const scope = globalThis as {
          peerprint?: { renameQueue(q: unknown, n: string): Promise<{ kind: string }> };
        };
        const go = async () => {
          while (state.on) {
            const asked = Date.now();
            const settled = await scope.peerprint?.renameQueue(id, `at ${asked}`);
            if (settled?.kind === 'committed') sent.push([asked, Date.now()]);
          }
        };
        // Several at once: one that was on its way when the leader went must not hide those after it.
        for (let i = 0; i < 4; i++) void go();
        return state;
      },
      [queue, clocked] as const,
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    const at = Date.now();
    if (how === 'killed') await leader.peer.browser.kill();
    else await leader.page.close();
    const gone = Date.now();
    let silence: number | undefined;
    while (silence === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      silence = longestSilence(await follower.page.evaluate(({ sent }) => sent, clocked), at, gone);
      if (Date.now() - at > 60_000) throw new Error('no leader for a minute');
    }
    took.push(silence);
    say(`leader ${how}: ${silence} ms without one`);
    await follower.page.evaluate((state) => void (state.on = false), stop);
    const { browser } = leader.peer;
    let page: Page;
    if (how === 'killed') page = await reopen(house, browser, queue);
    else {
      page = await browser.newChromiumPage();
      await page.goto(`${house.relay.url}/queue/${queue}`);
    }
    pages.set(browser.name, { peer: leader.peer, page });
    await untilReady(page, queue);
    await untilVoters(page, queue, 3);
  }
  return spread(took);
}

/** One browser alone, killed again and again in the middle of commits: what it was told is committed must be there. */
async function killed(
  house: House,
  times: number,
): Promise<{ readonly times: number; readonly lost: number }> {
  const { browser, page: first } = await house.open('Anna');
  const queue = await createAt(first, house, 'Killed');
  let page = first;
  let lost = 0;
  for (let round = 0; round < times; round++) {
    await untilReady(page, queue);
    // Several at once, so that what is sent and what is committed are written at the same moment.
    await commitOnAndOn(page, queue, killLanes);
    await untilTold(page, 5);
    const promised = await told(page);
    await browser.kill();
    page = await reopen(house, browser, queue);
    await untilReady(page, queue);
    const name = (await viewOf(page, queue)).name;
    lost += Math.max(0, promised - Number(name.replace('name ', '')));
    say(`killed ${round + 1} times, ${lost} commits lost`);
  }
  return { times, lost };
}

/** The tab that holds the connections is closed while another is open: until both sides are wired straight again. */
async function anchorLost(house: House, times: number): Promise<Spread> {
  const { peers, queue } = await peersOf(house, 'Anchors', ['Anna', 'Ben']);
  const [anna, ben] = peers as [Peer, Peer];
  let anchor = anna.page;
  const took: number[] = [];
  for (let round = 0; round < times; round++) {
    await untilDirect(ben.page, queue);
    const next = await anna.browser.newChromiumPage();
    await next.goto(`${house.relay.url}/queue/${queue}`);
    await untilReady(next, queue);
    const at = Date.now();
    await anchor.close();
    // The old connection is seen to be gone, then a new one to be there.
    await until(async () => !(await isDirect(next, queue)));
    await untilDirect(next, queue);
    took.push(Date.now() - at);
    say(`anchor closed: wired again after ${took.at(-1)} ms`);
    anchor = next;
  }
  return spread(took);
}

/** From the relay's start, after others noticed its death, to being reachable through it again. */
async function relayLost(house: House, times: number): Promise<Spread> {
  const { page } = await house.open('Anna');
  await createAt(page, house, 'Relay');
  const reachable = async () => (await appOf(page)).relays.some((relay) => relay.reachable);
  await until(reachable);
  const took: number[] = [];
  for (let round = 0; round < times; round++) {
    // One that dies in the second in which it came back is asked ever more rarely: that is another measure.
    await new Promise((resolve) => setTimeout(resolve, 2 * supervisePeriodMs));
    await house.relay.stop('SIGKILL');
    await until(async () => !(await reachable()));
    await house.relay.start();
    const at = Date.now();
    await until(reachable);
    took.push(Date.now() - at);
    say(`relay back: reachable after ${took.at(-1)} ms`);
  }
  return spread(took);
}

/** One of three stands still for twenty seconds: from its waking to a commit of a command of its own, and until it is wired straight to both others again. */
async function asleep(house: House, times: number): Promise<{ commit: Spread; wired: Spread }> {
  const { peers, queue } = await peersOf(house, 'Asleep', threeNames);
  const [anna, ...others] = peers as [Peer, Peer, Peer];
  const commit: number[] = [];
  const wired: number[] = [];
  for (let round = 0; round < times; round++) {
    for (const { page } of peers) await untilDirect(page, queue, threeNames.length - 1);
    anna.browser.freeze();
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    anna.browser.thaw();
    const at = Date.now();
    const settling = settle(anna.page, queue, `Awake ${round}`).then((settled) => {
      if (settled?.kind !== 'committed') throw new Error(`after waking: ${settled?.kind ?? 'nothing'}`);
      commit.push(Date.now() - at);
    });
    // The others saw their connections die; what Anna takes for connected may be from before.
    for (const { page } of others)
      await until(async () => (await directOf(page, queue)) === threeNames.length - 1);
    wired.push(Date.now() - at);
    await settling;
    say(`asleep: committed after ${commit.at(-1)} ms, wired after ${wired.at(-1)} ms`);
  }
  return { commit: spread(commit), wired: spread(wired) };
}

/** Three peers in use, about two commits a second: heap of one worker, collected before each look, once at the start and then each minute. */
async function memory(house: House, minutes: number): Promise<object> {
  const { peers, queue } = await peersOf(house, 'Memory', threeNames);
  const [anna, ben] = peers as [Peer, Peer];
  const heapMb: number[] = [];
  let commits = 0;
  const until = Date.now() + minutes * 60_000;
  let next = Date.now();
  while (Date.now() < until) {
    if (Date.now() >= next) {
      heapMb.push(round((await anna.browser.workerHeapBytes()) / 1e6));
      next += 60_000;
    }
    const settled = await settle(ben.page, queue, `name ${commits}`);
    if (settled?.kind === 'committed') commits++;
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  heapMb.push(round((await anna.browser.workerHeapBytes()) / 1e6));
  return { minutes, commits, heapMb };
}

async function isDirect(page: Page, queue: QueueId): Promise<boolean> {
  return (await directOf(page, queue)) > 0;
}

/** To how many others the page's peer is wired straight. */
async function directOf(page: Page, queue: QueueId): Promise<number> {
  return (await viewOf(page, queue)).peers.filter((peer) => peer.path === 'direct').length;
}

async function until(test: () => Promise<boolean>): Promise<void> {
  const began = Date.now();
  while (!(await test())) {
    if (Date.now() - began > 90_000) throw new Error('waited for a minute and a half');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function spread(took: readonly number[]): Spread {
  const sorted = [...took].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? 0;
  return { p50Ms: round(at(0.5)), p99Ms: round(at(0.99)), of: sorted.length };
}

/** So that a long run is seen to go on. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

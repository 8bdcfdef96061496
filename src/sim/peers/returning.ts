import { type Result, messageOf } from '../../lib/base/index.ts';
import { invite } from '../../lib/peer/members/inviting.ts';
import type { Peer } from '../../lib/peer/peer.ts';
import type { Role } from '../../lib/queue/index.ts';
import { simulatedDisk } from '../../lib/storage/disk.ts';
import type { Browser } from './browser.ts';
import type { Room } from './room.ts';
import type { PeersWorld } from './world.ts';

/** How often people look whether somebody is to be brought back, in ms. */
const lookMs = 2_000;
/** How long somebody waits for what they have begun before they try again, in ms: whoever helped may have crashed. */
const patienceMs = 30_000;

/**
 * Those who are out of the queue, and how they come back: a member that was taken out leaves its old copy and opens a new link; a browser whose
 * log is damaged joins again as new; one whose whole disk is lost is taken out, and somebody new opens a link in its place.
 */
export class Returning {
  readonly #world: PeersWorld;
  readonly #room: Room;
  readonly #busyUntilMs = new Map<Browser, number>();

  constructor(room: Room) {
    this.#room = room;
    this.#world = room.world;
    this.#next();
  }

  /** The owner takes a member out. */
  remove(browser: Browser): void {
    const owner = this.#owner();
    if (owner === undefined || owner === browser) return;
    this.#world.counts.removals++;
    this.#room.removed.add(browser.peerId);
    this.#room.do(owner, { type: 'remove-member', peer: browser.peerId }, `takes out ${browser.name}`);
  }

  #next(): void {
    this.#world.agenda.after(lookMs, () => {
      this.#look();
      this.#next();
    });
  }

  #look(): void {
    const { queue } = this.#room.setting;
    for (const browser of this.#world.browsers) {
      const { peer } = browser;
      if (browser.state === 'lost') this.#takeOut(browser);
      if (!browser.isUp || peer === undefined || this.#isBusy(browser)) continue;
      const host = peer.hosts.get(queue);
      const stopped = peer.broken.get(queue)?.code ?? host?.trouble?.code;
      if (stopped === 'storage-full' || stopped === 'storage-failed') {
        this.#reload(browser);
        continue;
      }
      if (peer.joinings.get(queue) !== undefined) continue;
      if (peer.broken.has(queue)) this.#begin(browser, 'joins again as new', this.#rejoin(browser, peer));
      else if (host?.trouble?.code === 'removed')
        this.#begin(browser, 'leaves its old copy', peer.leave(queue));
      else if (host === undefined) this.#begin(browser, 'opens a link', this.#join(browser));
    }
  }

  /** Its page says that the disk failed. Some wait, because it opens again by itself; some make room and load it anew. */
  #reload(browser: Browser): void {
    this.#busy(browser);
    if (!this.#world.stormy || this.#world.random.below(2) === 0) return;
    this.#room.tell(`${browser.name} is loaded anew`);
    browser.disk.disk.failure = undefined;
    browser.crash();
    void browser.open();
  }

  /** A disk is lost: who was on it may be a voter that never comes back. */
  #takeOut(browser: Browser): void {
    const owner = this.#owner();
    if (owner === undefined || this.#isBusy(browser)) return;
    if (this.#room.hostOf(owner)?.state.members.has(browser.peerId) !== true) return;
    this.#busy(browser);
    this.#room.do(owner, { type: 'remove-member', peer: browser.peerId }, `takes out ${browser.name}`);
  }

  /** Where even who it was cannot be read, a link is the way back. */
  async #rejoin(browser: Browser, peer: Peer): Promise<Result<unknown>> {
    const begun = await peer.rejoin(this.#room.setting.queue, true);
    if (!begun.ok) return this.#join(browser);
    // Who was taken out in the meantime is not let in that way.
    const ended = await begun.value.ended;
    return ended.ok ? ended : this.#join(browser);
  }

  async #join(browser: Browser): Promise<Result<unknown>> {
    const owner = this.#owner();
    const host = this.#room.hostOf(owner);
    const peer = owner?.peer;
    if (host === undefined || peer === undefined || owner === browser)
      return { ok: false, refusal: { code: 'nobody', text: 'Nobody is there to ask for a link.' } };
    const { role, voter } = this.#world.placeOf(browser.peerId);
    // Links do not make owners.
    const granted: Exclude<Role, 'owner'> = role === 'owner' ? 'operator' : role;
    const made = await invite(peer, host, {
      role: granted,
      voter,
      // Their wall clocks differ by hours.
      lifeMs: 30 * 24 * 3_600_000,
      usesMax: 1,
      note: '',
      origin: '',
    });
    if (!made.ok) return made;
    return browser.peer === undefined ? made : browser.peer.join(made.value.text);
  }

  #begin(browser: Browser, what: string, begun: Promise<Result<unknown> | void>): void {
    this.#busy(browser);
    this.#room.tell(`${browser.name} ${what}`);
    const { life } = browser;
    begun.then(
      (result) => {
        this.#busyUntilMs.delete(browser);
        if (result?.ok === false) this.#room.tell(`${browser.name} ${what}: ${result.refusal.text}`);
      },
      (error: unknown) => {
        const why = messageOf(error);
        if (why.includes(simulatedDisk)) this.#room.tell(`${browser.name} ${what}: ${why}`);
        else if (browser.life === life) this.#room.break('fault', `${browser.name} ${what}: ${why}`);
      },
    );
  }

  #isBusy(browser: Browser): boolean {
    return this.#world.agenda.nowMs < (this.#busyUntilMs.get(browser) ?? -Infinity);
  }

  #busy(browser: Browser): void {
    this.#busyUntilMs.set(browser, this.#world.agenda.nowMs + patienceMs);
  }

  /** Who rules, if their browser is up and in the queue. */
  #owner(): Browser | undefined {
    const owner = this.#world.browsers[0];
    const isReady = owner?.isUp === true && this.#room.hostOf(owner)?.condition().condition === 'ready';
    return isReady ? owner : undefined;
  }
}

import { type Result, messageOf } from '../../lib/base/index.ts';
import { invite } from '../../lib/peer/inviting.ts';
import type { Peer } from '../../lib/peer/peer.ts';
import type { Role } from '../../lib/queue/index.ts';
import type { Browser } from './browser.ts';
import type { People } from './people.ts';
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
  readonly #busyUntilMs = new Map<Browser, number>();
  /** Browsers that are gone for good and in whose place nobody has come yet. */
  #gone: Browser[] = [];
  readonly #people: People;

  constructor(world: PeersWorld, people: People) {
    this.#world = world;
    this.#people = people;
    this.#next();
  }

  /** Its disk is lost: sooner or later somebody new comes in its place. */
  replaceLater(browser: Browser): void {
    const { agenda, random } = this.#world;
    agenda.after(random.below(60_000), () => this.#gone.push(browser));
  }

  /** The owner takes a member out. */
  remove(browser: Browser): void {
    const owner = this.#owner();
    if (owner === undefined || owner === browser) return;
    this.#world.counts.removals++;
    this.#world.removed.add(browser.peerId);
    this.#world.do(owner, { type: 'remove-member', peer: browser.peerId }, `takes out ${browser.name}`);
  }

  /** What keeps somebody from being in the queue, or undefined. */
  get open(): string | undefined {
    return this.#gone[0] === undefined ? undefined : `nobody has come in the place of ${this.#gone[0].name}`;
  }

  #next(): void {
    this.#world.agenda.after(lookMs, () => {
      this.#look();
      this.#next();
    });
  }

  #look(): void {
    for (const browser of this.#gone) this.#replace(browser);
    for (const browser of this.#world.browsers) {
      const { peer } = browser;
      if (!browser.isUp || peer === undefined || this.#isBusy(browser)) continue;
      const { queue } = this.#world.setting;
      const host = peer.hosts.get(queue);
      if (peer.joinings.get(queue) !== undefined) continue;
      if (peer.broken.has(queue)) this.#begin(browser, 'joins again as new', this.#rejoin(browser, peer));
      else if (host?.trouble?.code === 'removed')
        this.#begin(browser, 'leaves its old copy', peer.leave(queue));
      else if (host === undefined) this.#begin(browser, 'opens a link', this.#join(browser));
    }
  }

  /** The old member is taken out first: it may be a voter that never comes back. */
  #replace(browser: Browser): void {
    const owner = this.#owner();
    const state = owner?.host?.state;
    if (owner === undefined || state === undefined || this.#isBusy(browser)) return;
    const member = state.members.get(browser.peerId);
    if (member !== undefined) {
      this.#busy(browser);
      this.#world.do(owner, { type: 'remove-member', peer: browser.peerId }, `takes out ${browser.name}`);
      return;
    }
    this.#gone = this.#gone.filter((each) => each !== browser);
    const newcomer = this.#world.replace(browser);
    this.#people.welcome(newcomer);
    this.#world.tell(`${newcomer.name} comes in the place of ${browser.name}`);
    void newcomer.open();
  }

  /** Where even who it was cannot be read, a link is the way back. */
  async #rejoin(browser: Browser, peer: Peer): Promise<Result<unknown>> {
    const begun = await peer.rejoin(this.#world.setting.queue, true);
    return begun.ok ? begun : this.#join(browser);
  }

  async #join(browser: Browser): Promise<Result<unknown>> {
    const owner = this.#owner();
    const { host, peer } = owner ?? {};
    if (host === undefined || peer === undefined || owner === browser)
      return { ok: false, refusal: { code: 'nobody', text: 'Nobody is there to ask for a link.' } };
    const { role, voter } = this.#world.placeOf(browser.peerId);
    // Links do not make owners.
    const granted: Exclude<Role, 'owner'> = role === 'owner' ? 'operator' : role;
    const made = await invite(peer, host, {
      role: granted,
      voter,
      lifeMs: 3_600_000,
      usesMax: 1,
      note: '',
      origin: '',
    });
    if (!made.ok) return made;
    return browser.peer === undefined ? made : browser.peer.join(made.value.text);
  }

  #begin(browser: Browser, what: string, begun: Promise<Result<unknown> | void>): void {
    this.#busy(browser);
    this.#world.tell(`${browser.name} ${what}`);
    const { life } = browser;
    begun.then(
      (result) => {
        this.#busyUntilMs.delete(browser);
        if (result?.ok === false) this.#world.tell(`${browser.name} ${what}: ${result.refusal.text}`);
      },
      (error: unknown) => {
        if (browser.life === life) this.#world.break('fault', `${browser.name} ${what}: ${messageOf(error)}`);
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
    const isReady = owner?.isUp === true && owner.host?.condition().condition === 'ready';
    return isReady ? owner : undefined;
  }
}

import * as v from 'valibot';
import {
  type Bytes,
  type Log,
  type PeerId,
  type QueueId,
  RefusalError,
  type Result,
  encode,
  equalBytes,
  messageOf,
  ok,
  parse,
  refuse,
} from '../../base/index.ts';
import { heirLimits, heirProtocol } from '../../network/protocols.ts';
import type { Wire } from '../../network/port.ts';
import { type OpenedGenesis, grants, openGenesis } from '../../queue/index.ts';
import { type Link, parseLink } from '../../registry/index.ts';
import type { Store } from '../../storage/port.ts';
import { heirsPerQueueMax } from '../limits.ts';
import type { QueueHost } from '../host/queue-host.ts';
import { type HeirMessage, heirMessage } from '../wire-shapes.ts';

/** A queue that somebody began from a copy of one whose peers seemed lost. */
export interface Heir {
  readonly queue: QueueId;
  readonly name: string;
  readonly by: PeerId;
  /** With which this peer may join it; undefined for one of its own. */
  readonly link: string | undefined;
}

/** The links with which members of the old queue may join the new one, by what they were. */
interface Links {
  readonly trusted: string;
  readonly guest: string;
}

export interface HeirsPorts {
  readonly log: Log;
  readonly store: Store;
  readonly wire: Wire;
  readonly self: PeerId;
  readonly hosts: () => Iterable<QueueHost>;
  readonly hostOf: (queue: QueueId) => QueueHost | undefined;
  /** Makes a link to a queue of this peer. */
  readonly invite: (
    host: QueueHost,
    grant: (typeof grants)[keyof typeof grants],
  ) => Promise<Result<{ readonly text: string }>>;
  readonly onChange: (queue: QueueId) => void;
}

export const heirLinksSchema = v.strictObject({ v: v.literal(1), trusted: v.string(), guest: v.string() });
const bytesMax = 64 * 1024;
const heirPrefix = 'heir/';
const linksPrefix = 'heir-links/';

/**
 * Who went on from a copy of which queue. Who did so tells the members of the old queue when they meet, with a link to the new one; they are told, kept
 * informed over restarts, and forced to nothing. What proves it is the new queue's genesis: its owner signed there what it goes on from.
 */
export class Heirs {
  readonly #ports: HeirsPorts;
  readonly #known = new Map<QueueId, Heir[]>();
  readonly #told = new Set<PeerId>();
  #telling = false;

  constructor(ports: HeirsPorts) {
    this.#ports = ports;
  }

  /** Reads what earlier lives were told. */
  async load(): Promise<void> {
    for (const [key, bytes] of await this.#ports.store.entries('settings')) {
      if (!key.startsWith(heirPrefix)) continue;
      const said = parse(heirMessage, bytes, heirLimits.frameBytesMax);
      const heard = said.ok ? heardOf(said.value) : undefined;
      if (heard !== undefined) this.#add(heard.old, heard.heir);
    }
  }

  /** Queues that went on from a copy of this one, as far as this peer was told, its own first. */
  of(queue: QueueId): readonly Heir[] {
    const own: Heir[] = [];
    for (const { state, queue: id } of this.#ports.hosts()) {
      if (state.head.continues === queue && state.head.owner === this.#ports.self)
        own.push({ queue: id, name: state.head.name, by: this.#ports.self, link: undefined });
    }
    return [...own, ...(this.#known.get(queue) ?? [])];
  }

  /** The queue of this peer that goes on from that one. */
  ownOf(queue: QueueId): QueueHost | undefined {
    const own = this.of(queue).find(({ by }) => by === this.#ports.self);
    return own === undefined ? undefined : this.#ports.hostOf(own.queue);
  }

  /** A copy that this peer went on from is only read from then on, also when the process died before it could be said. */
  settle(): void {
    for (const { state } of this.#ports.hosts()) {
      const { continues, owner, name } = state.head;
      if (continues === undefined || owner !== this.#ports.self) continue;
      const old = this.#ports.hostOf(continues);
      if (old !== undefined && old.trouble?.code !== 'continued')
        old.halt({ code: 'continued', text: continuedText(name) });
    }
  }

  /** Connections changed: members of queues that this peer went on from are told of the new ones. */
  tell(): void {
    const here = new Set(this.#ports.wire.connections().map(({ peer }) => peer));
    for (const peer of this.#told) if (!here.has(peer)) this.#told.delete(peer);
    if (this.#telling) return;
    this.#telling = true;
    this.#tellAll(here)
      .catch((error: unknown) =>
        this.#ports.log.warn(`the members of an older queue could not be told: ${messageOf(error)}`),
      )
      .finally(() => (this.#telling = false));
  }

  async #tellAll(here: ReadonlySet<PeerId>): Promise<void> {
    for (const heir of [...this.#ports.hosts()]) {
      const { head } = heir.state;
      if (head.continues === undefined || head.owner !== this.#ports.self) continue;
      const old = this.#ports.hostOf(head.continues);
      if (old === undefined || heir.condition().condition !== 'ready') continue;
      for (const member of old.state.members.values()) {
        const { peer } = member;
        if (peer === this.#ports.self || !here.has(peer) || this.#told.has(peer)) continue;
        const links = await this.#links(heir);
        const link = member.voter ? links.trusted : links.guest;
        const message = encode({ v: 1, q: old.digest, genesis: heir.record.genesis, link });
        if (this.#ports.wire.send(peer, heirProtocol, message)) this.#told.add(peer);
      }
    }
  }

  async #links(heir: QueueHost): Promise<Links> {
    const { store, invite } = this.#ports;
    const key = linksPrefix + heir.queue;
    const stored = await store.get('settings', key);
    const kept = stored === undefined ? undefined : parse(heirLinksSchema, stored, bytesMax);
    if (kept?.ok === true) return kept.value;
    const trusted = await invite(heir, grants.trusted);
    const guest = await invite(heir, grants.guest);
    if (!trusted.ok) throw new RefusalError(trusted.refusal);
    if (!guest.ok) throw new RefusalError(guest.refusal);
    const links = { trusted: trusted.value.text, guest: guest.value.text };
    await store.put('settings', key, encode({ v: 1, ...links }));
    return links;
  }

  /** Somebody says that they went on from a copy of a queue. Believed of themselves only, and only of members. */
  receive({ queue: old, state }: Pick<QueueHost, 'queue' | 'state'>, from: PeerId, said: HeirMessage): void {
    if (!state.members.has(from) || from === this.#ports.self || this.#isFull(old)) return;
    const heard = heardOf(said);
    if (heard?.old !== old || heard.heir.by !== from) return;
    const { heir } = heard;
    if (!this.#add(old, heir)) return;
    const key = `${heirPrefix}${old}/${heir.queue}`;
    this.#ports.store.put('settings', key, encode(said)).catch((error: unknown) => {
      // It is told again at the next meeting.
      this.#ports.log.warn(`a queue that goes on could not be noted: ${messageOf(error)}`);
    });
    this.#ports.onChange(old);
  }

  #add(old: QueueId, heir: Heir): boolean {
    const heirs = this.#known.get(old) ?? [];
    if (this.#isFull(old) || heirs.some(({ queue }) => queue === heir.queue)) return false;
    this.#known.set(old, [...heirs, heir]);
    return true;
  }

  #isFull(old: QueueId): boolean {
    return (this.#known.get(old)?.length ?? 0) >= heirsPerQueueMax;
  }
}

/** What was said of a queue that goes on from another: believed of that genesis' owner only. */
function heardOf({
  q,
  genesis,
  link,
}: HeirMessage): { readonly old: QueueId; readonly heir: Heir } | undefined {
  const opened = openGenesis(genesis);
  const invitation = parseLink(link);
  if (!opened.ok || !invitation.ok || !fits(opened.value, q, invitation.value)) return undefined;
  const { id, owner, continues } = opened.value;
  if (continues === undefined) return undefined;
  return { old: continues, heir: { queue: id, name: opened.value.genesis.name, by: owner, link } };
}

function fits(opened: OpenedGenesis, queue: Bytes, link: Link): boolean {
  const { continues } = opened.genesis;
  return continues !== undefined && equalBytes(continues.queue, queue) && link.queue === opened.id;
}

/** Whether a person may go on from this copy of a queue now: nobody leads, and not just for a moment, or the others have lost what is here. */
export function mayGoOn(host: QueueHost): Result<undefined> {
  if (host.state.index === 0)
    return refuse('nothing-here', 'Nothing of this queue has come here yet: there is no copy to go on from.');
  // Whose committed changes the others have lost has them for itself.
  if (host.trouble?.code === 'contradicted') return ok(undefined);
  if (host.trouble !== undefined) return refuse(host.trouble.code, host.trouble.text);
  if (!host.isAlone) {
    return refuse(
      'not-alone',
      'Enough peers are here, or were a moment ago. Going on from a copy is for a queue whose other peers are lost for good.',
    );
  }
  return ok(undefined);
}

export const continuedText = (name: string): string =>
  `You went on from this copy as “${name}”. What is here can be read and does not change any more; this browser does not vote here.`;

import {
  type Clock,
  type Log,
  type PeerId,
  type Random,
  type Result,
  hex,
  ok,
  publicKeyOf,
  refuse,
} from '../../base/index.ts';
import type { Wire } from '../../network/port.ts';
import { type grants, roleMay } from '../../queue/index.ts';
import { type Link, encodeLink, linkPeersMax, linkRelaysMax, nameCharsMax } from '../../registry/index.ts';
import type { InvitationView, NewInvitation, ShareLink } from '../api.ts';
import { invitationUsesMax, linkLifeMsMax, linkUsesMax } from '../limits.ts';
import type { Identity } from '../identity.ts';
import { nameOf } from '../host/names.ts';
import type { QueueHost } from '../host/queue-host.ts';
import { tell } from './introducing.ts';
import { notKnownTexts, worded } from '../../words/index.ts';

/** What of this peer an invitation needs. */
interface InvitingPeer {
  readonly ports: { readonly random: Random; readonly clock: Clock; readonly log: Log; readonly wire: Wire };
  readonly identity: Identity;
}

/** Relays that a queue is told of by link makers. */
const queueRelaysMax = 8;
/** A link that ends sooner cannot be used by a person. In ms. */
const linkLifeMsMin = 60_000;

/** Puts an invitation into the queue and makes its link. The secret of it is in the link alone. */
export async function invite(
  peer: InvitingPeer,
  host: QueueHost,
  options: NewInvitation & { readonly origin: string },
): Promise<Result<ShareLink>> {
  const { random, clock, wire } = peer.ports;
  const lifeMs = Math.min(Math.max(linkLifeMsMin, Math.floor(options.lifeMs)), linkLifeMsMax);
  const usesMax = Math.min(Math.max(1, Math.floor(options.usesMax)), invitationUsesMax);
  const id = random.bytes(16);
  const seed = random.bytes(32);
  const note = options.note.trim();
  const settled = await host.submit(
    {
      type: 'invite',
      invitation: hex(id),
      publicKey: publicKeyOf(seed),
      role: options.role,
      voter: options.voter,
      lifeMs,
      usesMax,
      ...(note === '' ? {} : { note: note.slice(0, nameCharsMax) }),
    },
    options.voter ? 'Invite trusted peers' : 'Invite guests',
  );
  if (settled.kind === 'refused') return { ok: false, refusal: worded(settled.refusal) };
  if (settled.kind === 'unknown') return refuse('unknown', notKnownTexts[settled.why]);
  const { lan } = host.state.head;
  const connected = wire
    .relays()
    .filter((relay) => relay.state === 'connected')
    .map((relay) => relay.address);
  const relays = [...new Set([...connected, ...host.state.head.relays])]
    .filter((address) => !lan || isLocal(address))
    .sort((a, b) => Number(isLoopback(a)) - Number(isLoopback(b)));
  const me = peer.identity.peer;
  const voters = [...host.state.members.values()].filter((member) => member.voter && member.peer !== me);
  const role = options.voter ? 'trusted' : 'guest';
  const link: Link = {
    queue: host.queue,
    name: host.state.head.name.slice(0, nameCharsMax),
    role: options.role,
    voter: options.voter,
    invitation: { id, seed },
    expiresWallMs: Math.floor(clock.wallMs()) + lifeMs,
    lan,
    relays: relays.slice(0, linkRelaysMax),
    peers: [me, ...voters.map((member) => member.peer)].slice(0, linkPeersMax),
  };
  tellRelays(peer.ports.log, host, relays);
  const text = encodeLink(link);
  return ok({ url: `${options.origin}/join#${text}`, text, role, expiresWallMs: link.expiresWallMs });
}

/** For those who were members of an older queue: as many as there are, for as long as may be. */
export function inviteMembers(
  peer: InvitingPeer,
  host: QueueHost,
  grant: (typeof grants)[keyof typeof grants],
): Promise<Result<ShareLink>> {
  const note = 'Members of the older queue';
  const options = { ...grant, note, lifeMs: linkLifeMsMax, usesMax: linkUsesMax, origin: '' };
  return invite(peer, host, options);
}

/** Newest first. Times of the queue are its own; they are turned into this peer's wall clock for people. */
export function invitationsOf(host: QueueHost, wallMs: number): readonly InvitationView[] {
  const { state, nowMs } = host;
  const mayInvite = (peer: PeerId) => {
    const member = state.members.get(peer);
    return member === undefined || roleMay(member.role, 'operate');
  };
  return [...state.invitations.values()].reverse().map((invitation) => ({
    invitation: invitation.id,
    role: invitation.role,
    voter: invitation.voter,
    by: invitation.by,
    byName: nameOf(state, invitation.by),
    note: invitation.note,
    uses: invitation.uses,
    usesMax: invitation.usesMax,
    expiresWallMs: wallMs + invitation.expiresMs - nowMs,
    state:
      invitation.revoked || !mayInvite(invitation.by)
        ? 'revoked'
        : invitation.uses >= invitation.usesMax
          ? 'used-up'
          : nowMs >= invitation.expiresMs
            ? 'expired'
            : 'open',
  }));
}

/** Members reach each other through the relays that the queue knows: a link's maker adds those they use. */
function tellRelays(log: Log, host: QueueHost, relays: readonly string[]): void {
  const known = new Set(host.state.head.relays);
  if (relays.every((relay) => known.has(relay))) return;
  const addresses = [...new Set([...host.state.head.relays, ...relays])].slice(0, queueRelaysMax);
  tell(log, host, { type: 'set-relays', addresses }, 'Tell the queue’s relays');
}

/** Addresses that do not lead out of the room: loopback, private ranges, link-local, `.local` names. */
function isLocal(address: string): boolean {
  return (
    isLoopback(address) ||
    /^\/ip4\/(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)/.test(address) ||
    /^\/ip6\/f[cde]/i.test(address) ||
    /^\/dns[46]?\/[^/]+\.local\//.test(address)
  );
}

function isLoopback(address: string): boolean {
  return /^\/(dns4?|dns6)\/localhost\/|^\/ip4\/127\.|^\/ip6\/::1\//.test(address);
}

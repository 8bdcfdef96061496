import { type PeerId, type QueueId, hex } from '../../base/index.ts';
import type { RelayStatus, PeerConnection } from '../../network/port.ts';
import type { Drops } from '../host/drops.ts';
import type { Listening } from '../replica/listen-loop.ts';
import { appBuild, portVersion } from '../messages.ts';
import type { Peer } from '../peer.ts';
import type { QueueHost } from '../host/queue-host.ts';
import type { ReplicaStatus } from '../replica/replica-port.ts';

/** What the platform around a peer knows of itself. */
export interface Surroundings {
  readonly browser: string;
  /** The tab that holds the direct connections. */
  readonly anchor: string | undefined;
  /** `bufferedBytes`: sent to others and not gone from the tab, as far as the worker was told. */
  readonly rtc: {
    readonly peers: number;
    readonly channels: number;
    readonly calls: number;
    readonly bufferedBytes: number;
  };
  /** Messages not handed over since the start: Raft lives with that, a person who looks for a fault wants to know. */
  readonly dropped: { readonly unconnected: number; readonly full: number };
  readonly addresses: readonly string[];
}

export interface QueueDiagnostics {
  readonly queue: QueueId;
  readonly name: string;
  readonly condition: string;
  readonly text: string;
  readonly raft: ReplicaStatus;
  /** Equal on all peers that have applied the same index. */
  readonly stateHash: string;
  readonly members: readonly {
    readonly peer: PeerId;
    readonly name: string;
    readonly replicaId: number;
    readonly role: string;
  }[];
  readonly jobs: number;
  readonly printers: number;
  readonly history: number;
  readonly pending: number;
  /** Nothing is to be done here, and this replica costs nearly nothing. */
  readonly resting: boolean;
  /** How it hears what is committed; undefined for who votes or is about to. */
  readonly listening: Listening | undefined;
  /** Messages of Raft that were not heard since it was opened, by reason. */
  readonly dropped: Drops['counts'];
}

/** State and figures for the diagnostics page and for tests. Holds no keys, no links, no contents of files. */
export interface Diagnostics {
  readonly versions: { readonly build: string; readonly port: number; readonly browser: string | undefined };
  readonly peer: PeerId;
  readonly relays: readonly RelayStatus[];
  readonly connections: readonly PeerConnection[];
  readonly surroundings: Surroundings | undefined;
  readonly storage: { readonly usedBytes: number; readonly quotaBytes: number; readonly persisted: boolean };
  readonly files: number;
  readonly queues: readonly QueueDiagnostics[];
  /** Messages of Raft that were for no queue of this peer, by reason. */
  readonly dropped: Drops['counts'];
  /** Queues that could not be opened, and why. */
  readonly broken: readonly { readonly queue: string; readonly code: string; readonly text: string }[];
  /** Warnings and errors among the newest lines of the log. */
  readonly problems: readonly string[];
  readonly log: readonly string[];
}

export async function diagnosticsOf(peer: Peer): Promise<Diagnostics> {
  const { wire, store, identity, recentLog, surroundings } = peer.ports;
  const around = surroundings?.();
  const lines = recentLog?.() ?? [];
  const textOf = (line: (typeof lines)[number]) =>
    `${new Date(line.wallMs).toISOString()} ${line.level} ${line.room}: ${line.text}`;
  return {
    versions: { build: appBuild, port: portVersion, browser: around?.browser },
    peer: identity.peer,
    relays: wire.relays(),
    connections: wire.connections(),
    surroundings: around,
    storage: await store.estimate(),
    files: peer.files.store.list().length,
    queues: [...peer.hosts.values()].map(queueDiagnostics),
    dropped: peer.drops.counts,
    broken: [...peer.broken].map(([queue, { code, text }]) => ({ queue, code, text })),
    problems: lines.filter(({ level }) => level === 'warn' || level === 'error').map(textOf),
    log: lines.map(textOf),
  };
}

function queueDiagnostics(host: QueueHost): QueueDiagnostics {
  const { state } = host;
  const { condition, text } = host.condition();
  return {
    queue: host.queue,
    name: state.head.name,
    condition,
    text,
    raft: host.status(),
    stateHash: hex(state.hash()),
    members: [...state.members.values()].map(({ peer, name, replicaId, role }) => ({
      peer,
      name,
      replicaId,
      role,
    })),
    jobs: state.jobs.size,
    printers: state.printers.size,
    history: state.history.size,
    pending: host.pending().length,
    resting: host.part.replica.isResting,
    listening: host.part.listening,
    dropped: host.drops.counts,
  };
}

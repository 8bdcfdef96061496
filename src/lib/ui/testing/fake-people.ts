import type { PeerId } from '../../base/ids.ts';
import type { PeerView, QueueCounts, QueueSettingsView } from '../../peer/api.ts';

/** Who is in the pretended queue, and by which rules. */

export const ada = '12D3KooWAda' as PeerId;
export const ben = '12D3KooWBen' as PeerId;
export const cleo = '12D3KooWCleo' as PeerId;
const guest = '12D3KooWDee' as PeerId;

const minute = 60_000;

export const noCounts: QueueCounts = {
  jobs: 0,
  printers: 0,
  peers: 0,
  files: 0,
  history: 0,
  voters: 0,
  learners: 0,
  votersHere: 0,
  asking: 0,
};

export const fakeSettings: QueueSettingsView = {
  leaseMs: 120_000,
  strategy: 'in-order',
  lan: false,
  all: {
    leaseMs: 120_000,
    claimAhead: 0,
    strategy: 'in-order',
    starvationMs: 24 * 60 * minute,
    night: { fromMinute: 1320, toMinute: 420 },
    lostAfterMs: null,
    retriesMax: 2,
    retryOn: 'any',
    stopAfterSets: 2,
    quarantineAfterPrinters: 2,
    twoVoters: false,
    defaultRequirements: {},
  },
  relays: ['/dns4/relay.example.org/tcp/443/wss/p2p/12D3KooWRelay'],
  strategies: [
    { id: 'in-order', text: 'The first job in the list that a printer can print comes first.' },
    { id: 'shortest-first', text: 'The shortest print comes first.' },
    { id: 'least-manual-work', text: 'What needs no change of material comes first.' },
    { id: 'round-robin', text: 'Everyone who added jobs gets a turn.' },
  ],
};

export const peers: readonly PeerView[] = [
  {
    peer: ada,
    name: 'Ada',
    self: true,
    role: 'owner',
    part: 'voter',
    ofTwo: false,
    leads: true,
    here: true,
    printers: ['Prusa by the window'],
    path: 'self',
    rttMs: undefined,
    text: 'leads, votes, this browser',
  },
  {
    peer: ben,
    name: 'Ben’s laptop',
    self: false,
    role: 'operator',
    part: 'voter',
    ofTwo: false,
    leads: false,
    here: true,
    printers: ['Ender, back room'],
    path: 'direct',
    rttMs: 3,
    text: 'votes, connected straight',
  },
  {
    peer: cleo,
    name: 'Cleo',
    self: false,
    role: 'operator',
    part: 'voter',
    ofTwo: false,
    leads: false,
    here: false,
    printers: ['Mini'],
    path: 'none',
    rttMs: undefined,
    text: 'votes, away',
  },
  {
    peer: guest,
    name: 'Phone in the lab',
    self: false,
    role: 'submitter',
    part: 'listener',
    ofTwo: false,
    leads: false,
    here: true,
    printers: [],
    path: 'relayed',
    rttMs: 48,
    text: 'follows, does not vote, connected through the relay',
  },
];

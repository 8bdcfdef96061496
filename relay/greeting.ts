import { type Place, isLoopback } from './addresses.ts';
import type { Relay } from './relay.ts';

/** What the greeting depends on besides the relay itself. */
export interface GreetingInit {
  readonly host: string;
  readonly dataDir: string;
  /** True when the relay's own certificate is used. */
  readonly tls: boolean;
  /** Unix milliseconds when that certificate ends, and now. */
  readonly certificateEndsMs: number | undefined;
  readonly nowMs: number;
}

const dayMs = 24 * 60 * 60 * 1000;
const warnDays = 14;

/** What the relay says once it runs: where to go, who else can come, what works from where, what to do next. */
export function greeting(relay: Pick<Relay, 'httpUrl' | 'places'>, init: GreetingInit): string {
  const places = relay.places();
  const others = places.filter((place) => place.reach !== 'this machine');
  const limited = others.filter((place) => !place.secure);
  const full = others.filter((place) => place.secure);
  const lines = ['', 'PeerPrint is running.', '', `  Open   ${relay.httpUrl}`, ''];

  lines.push(...reachLines(others, init), '');
  if (full.length > 0) {
    lines.push('Everything works in browsers at:', ...urls(full));
    if (init.tls) lines.push('  (as long as they trust the certificate)');
    lines.push('');
  }
  if (limited.length > 0) lines.push(...limitedLines(limited), '');
  lines.push(...certificateLines(init));
  lines.push(
    'What next: open the address, make a queue, and send its link to the people you print with.',
    'Ctrl+C stops the relay. Peers that are connected to each other go on without it.',
    `Its identity is kept in ${init.dataDir}: links name it, so keep that folder.`,
    '',
  );
  return lines.join('\n');
}

function reachLines(others: readonly Place[], init: GreetingInit): string[] {
  if (others.some((place) => place.reach === 'announced')) return ['Others reach it at:', ...urls(others)];
  if (isLoopback(init.host)) {
    return [
      'Only this machine can reach it. To let others on your network in:',
      '  npm start -- --host 0.0.0.0',
    ];
  }
  if (others.length === 0) return ['This machine is on no network now: others can come once it is.'];
  return ['Others on your network reach it at:', ...urls(others)];
}

function limitedLines(limited: readonly Place[]): string[] {
  return [
    'Browsers give these addresses less, because they are neither https nor localhost:',
    ...urls(limited),
    '  There, the app can only say so: locks, safe storage, printers and offline use are kept back from it.',
    '  A laptop in the same room gets everything without a certificate: run "npm start" on it too, open its',
    '  own http://localhost address, and paste the link you were sent. Or use a certificate: docs/self-hosting.md.',
  ];
}

function certificateLines(init: GreetingInit): string[] {
  if (init.certificateEndsMs === undefined) return [];
  const days = Math.floor((init.certificateEndsMs - init.nowMs) / dayMs);
  if (days < 0)
    return ['The certificate has expired: browsers will refuse this relay until it is renewed.', ''];
  if (days <= warnDays)
    return [`The certificate ends in ${days} days. Renew it: the relay takes the new one by itself.`, ''];
  return [];
}

function urls(places: readonly Place[]): string[] {
  return places.map((place) => `  ${place.url}`);
}

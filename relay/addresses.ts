import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { multiaddr } from '@multiformats/multiaddr';
import { type Result, messageOf, ok, refuse } from '../src/lib/base/index.ts';

/** A place where the relay can be reached, and what a browser can do with a page from there. */
export interface Place {
  /** What a person opens: `http://192.168.1.5:7373`. */
  readonly url: string;
  /** What a peer dials, without the relay's PeerId: `/ip4/192.168.1.5/tcp/7373/ws`. */
  readonly multiaddr: string;
  /** Who gets there. */
  readonly reach: 'this machine' | 'this network' | 'announced';
  /** True when browsers treat the page as a secure context: HTTPS, or HTTP on the machine itself. */
  readonly secure: boolean;
}

/** True for names and addresses that only this machine itself can reach. */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[|\]$/g, '').toLowerCase();
  return (
    plain === 'localhost' || plain.endsWith('.localhost') || plain === '::1' || /^(::ffff:)?127\./.test(plain)
  );
}

/** True for the host that stands for every interface. */
export function isEveryInterface(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** The machine's own addresses on its networks, IPv4 first. Link-local IPv6 is left out: browsers can't open it. */
export function lanAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outer = all.filter((each) => !each.internal && !/^fe80:/i.test(each.address));
  const four = outer.filter((each) => each.family === 'IPv4').map((each) => each.address);
  const six = outer.filter((each) => each.family === 'IPv6').map((each) => each.address);
  return [...new Set([...four, ...six])];
}

/** One place from its parts. `secureTransport` is HTTPS and WSS. */
export function placeOf(host: string, port: number, secureTransport: boolean, reach: Place['reach']): Place {
  const family = isIP(host);
  const scheme = secureTransport ? 'https' : 'http';
  const shownPort = port === (secureTransport ? 443 : 80) ? '' : `:${port}`;
  const protocol = family === 4 ? 'ip4' : family === 6 ? 'ip6' : 'dns4';
  return {
    url: `${scheme}://${family === 6 ? `[${host}]` : host}${shownPort}`,
    multiaddr: `/${protocol}/${host}/tcp/${port}/${secureTransport ? 'wss' : 'ws'}`,
    reach,
    secure: secureTransport || isLoopback(host),
  };
}

/**
 * Where a relay that listens on `host` is reached. `lan` is what `lanAddresses()` said, `certifiedNames` the names
 * in its certificate (empty without one): with a certificate only those are of use.
 */
export function ownPlaces(
  host: string,
  port: number,
  tls: boolean,
  lan: readonly string[],
  certifiedNames: readonly string[],
): Place[] {
  const reachOf = (name: string): Place['reach'] => (isLoopback(name) ? 'this machine' : 'this network');
  if (tls && certifiedNames.length > 0) {
    return certifiedNames.map((name) => placeOf(name, port, true, reachOf(name)));
  }
  if (!isEveryInterface(host)) return [placeOf(host, port, tls, reachOf(host))];
  const reached = host === '::' ? lan : lan.filter((address) => isIP(address) === 4);
  return [
    ...reached.map((address) => placeOf(address, port, tls, 'this network')),
    placeOf('localhost', port, tls, 'this machine'),
  ];
}

/**
 * Reads one `--announce`: a URL (`https://print.example`, `http://pi.local:7373`), a multiaddr for WebSockets
 * (`/dns4/print.example/tcp/443/wss`), or a bare host. A bare host stands for the relay's own port, except that a
 * public name without a certificate of ours means a reverse proxy on port 443: that is what browsers need there.
 */
export function parseAnnounced(
  place: string,
  own: { readonly port: number; readonly tls: boolean },
): Result<Place> {
  if (place.startsWith('/')) return parseAnnouncedMultiaddr(place);
  if (/^[a-z]+:\/\//i.test(place)) {
    let url: URL;
    try {
      url = new URL(place);
    } catch {
      return refuse(
        'bad-flag',
        `--announce: "${place}" is no address. Give something like https://print.example.`,
      );
    }
    const tls = url.protocol === 'https:' || url.protocol === 'wss:';
    if (!tls && url.protocol !== 'http:' && url.protocol !== 'ws:') {
      return refuse('bad-flag', `--announce: "${place}" must begin with https:// or http://.`);
    }
    if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '') {
      return refuse('bad-flag', `--announce: "${place}" must name the host and port only, with no path.`);
    }
    const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port);
    return ok(placeOf(url.hostname.replace(/^\[|\]$/g, ''), port, tls, 'announced'));
  }
  if (isIP(place) === 0 && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(place)) {
    return refuse(
      'bad-flag',
      `--announce: "${place}" is no address. Give something like https://print.example.`,
    );
  }
  const isPublicName =
    isIP(place) === 0 && place.includes('.') && !/\.(local|lan|home|internal|localhost)$/i.test(place);
  if (isPublicName && !own.tls) return ok(placeOf(place, 443, true, 'announced'));
  return ok(placeOf(place, own.port, own.tls, 'announced'));
}

function parseAnnouncedMultiaddr(text: string): Result<Place> {
  let parts;
  try {
    parts = multiaddr(text).getComponents();
  } catch (error) {
    return refuse('bad-flag', `--announce: "${text}" is no multiaddr (${messageOf(error)}).`);
  }
  const [host, tcp, ...rest] = parts;
  const names = rest.map((part) => part.name).join('/');
  const tls = names === 'wss' || names === 'tls/ws';
  const hosts = ['dns', 'dns4', 'dns6', 'ip4', 'ip6'];
  if (
    host === undefined ||
    host.value === undefined ||
    !hosts.includes(host.name) ||
    tcp?.name !== 'tcp' ||
    !(tls || names === 'ws')
  ) {
    return refuse(
      'bad-flag',
      `--announce: "${text}" must have the form /dns4/HOST/tcp/PORT/wss (or /ws), without the relay's id, which is added.`,
    );
  }
  const place = placeOf(host.value, Number(tcp.value), tls, 'announced');
  return ok({ ...place, multiaddr: text });
}

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { type Result, messageOf, ok, refuse } from '../src/lib/base/index.ts';
import { parseAnnounced } from './addresses.ts';

/** The project's folder. */
const project = dirname(dirname(fileURLToPath(import.meta.url)));

/** What a relay is started with. */
export interface RelayConfig {
  /** TCP port for HTTP and WebSocket. 0 takes any free one. */
  readonly port: number;
  /** Name or address to listen on: `localhost`, `0.0.0.0` (every IPv4 interface), `::` (every interface), or one of the machine's own. */
  readonly host: string;
  /** Folder that keeps the relay's identity. Made when missing. */
  readonly dataDir: string;
  /** Folder of the built app. */
  readonly appDir: string;
  /** Addresses to tell others instead of the relay's own: multiaddrs, URLs or host names (see `parseAnnounced`). */
  readonly announce: readonly string[];
  /** PEM files of a certificate (with its chain) and its key: HTTPS and WSS instead of HTTP and WS. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** Addresses of reverse proxies whose `X-Forwarded-For` is believed. One on this machine always is. */
  readonly proxies: readonly string[];
  /** Look for other relays on the local network, and be found by them. Never on a loopback host. */
  readonly lan: boolean;
  /** What people see this relay called. */
  readonly name: string;
}

/** Port of a relay that was not told another. */
export const defaultPort = 7373;

/** What a relay does when nothing is said. */
export function defaultConfig(): RelayConfig {
  return {
    port: defaultPort,
    host: 'localhost',
    dataDir: join(project, 'data'),
    appDir: join(project, 'build'),
    announce: [],
    tls: undefined,
    proxies: [],
    lan: true,
    name: hostname(),
  };
}

/** What `--help` shows. A file of its own, because `npm start -- --help` shows it before anything is installed. */
export function helpText(): string {
  return readFileSync(new URL('./help.txt', import.meta.url), 'utf8');
}

const options = {
  port: { type: 'string' },
  host: { type: 'string' },
  data: { type: 'string' },
  app: { type: 'string' },
  announce: { type: 'string', multiple: true },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  proxy: { type: 'string', multiple: true },
  name: { type: 'string' },
  'no-lan': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const nameCharsMax = 63;

/**
 * Reads the command line. Relative folders are taken from `cwd`.
 * @returns the configuration, or 'help' when it was asked for, or a refusal that names the bad flag.
 */
export function parseConfig(args: readonly string[], cwd: string): Result<RelayConfig | 'help'> {
  let values;
  try {
    ({ values } = parseArgs({ args: [...args], options, allowPositionals: false, strict: true }));
  } catch (error) {
    // Node's sentence goes on about how to escape positionals: its first part says what is wrong.
    return refuse('bad-flag', `${messageOf(error).split('. ')[0] ?? ''}. See --help.`);
  }
  if (values.help === true) return ok('help');
  const config = defaultConfig();

  const port = values.port === undefined ? config.port : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535 || values.port?.trim() === '') {
    return refuse('bad-flag', `--port must be a number from 0 to 65535, not "${values.port ?? ''}".`);
  }
  for (const flag of ['host', 'data', 'app', 'tls-cert', 'tls-key', 'name'] as const) {
    if (values[flag]?.trim() === '') return refuse('bad-flag', `--${flag} must not be empty.`);
  }
  const host = values.host ?? config.host;
  if (isIP(host) === 0 && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host)) {
    return refuse('bad-flag', `--host must be a host name or an IP address, not "${host}".`);
  }
  const certFile = values['tls-cert'];
  const keyFile = values['tls-key'];
  if ((certFile === undefined) !== (keyFile === undefined)) {
    return refuse('bad-flag', '--tls-cert and --tls-key belong together: give both, or none.');
  }
  for (const place of values.announce ?? []) {
    const parsed = parseAnnounced(place, { port, tls: certFile !== undefined });
    if (!parsed.ok) return parsed;
  }
  for (const proxy of values.proxy ?? []) {
    if (isIP(proxy) === 0) return refuse('bad-flag', `--proxy must be an IP address, not "${proxy}".`);
  }
  const name = values.name ?? config.name;
  if (name.length > nameCharsMax)
    return refuse('bad-flag', `--name must be at most ${nameCharsMax} characters long.`);

  return ok({
    port,
    host,
    dataDir: values.data === undefined ? config.dataDir : resolve(cwd, values.data),
    appDir: values.app === undefined ? config.appDir : resolve(cwd, values.app),
    announce: values.announce ?? [],
    tls:
      certFile === undefined || keyFile === undefined
        ? undefined
        : { certFile: resolve(cwd, certFile), keyFile: resolve(cwd, keyFile) },
    proxies: values.proxy ?? [],
    lan: values['no-lan'] !== true,
    name,
  });
}

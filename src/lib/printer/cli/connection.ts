import { refuse, type Clock, type Result } from '../../base/index.ts';
import type { Link, LinkTarget } from '../port.ts';
import { VirtualLink } from '../virtual/index.ts';
import { openTcp } from './node-link.ts';
import { readSpeed } from './options.ts';
import { openTty } from './tty-link.ts';

/** Reads `tcp:HOST:PORT`, `tty:PATH` or `virtual[:SPEED]`. */
export function readTarget(text: string, baud?: number): Result<LinkTarget> {
  const tcp = /^tcp:(.+):(\d{1,5})$/.exec(text);
  if (tcp !== null && Number(tcp[2]) <= 65_535)
    return {
      ok: true,
      value: { kind: 'tcp', host: (tcp[1] ?? '').replace(/^\[(.*)\]$/, '$1'), port: Number(tcp[2]) },
    };
  const tty = /^tty:(.+)$/.exec(text);
  if (tty !== null)
    return { ok: true, value: { kind: 'tty', path: tty[1] ?? '', ...(baud !== undefined && { baud }) } };
  const virtual = /^virtual(?::(.+))?$/.exec(text);
  if (virtual !== null) {
    const speed = readSpeed(virtual[1] ?? '1');
    return speed.ok ? { ok: true, value: { kind: 'virtual', speed: speed.value } } : speed;
  }
  return refuse('usage', `"${text}" is no connection. Use tcp:HOST:PORT, tty:PATH or virtual[:SPEED].`);
}

/** Opens a link in Node. */
export function openNodeLink(target: LinkTarget, clock: Clock): Promise<Result<Link>> {
  switch (target.kind) {
    case 'tcp':
      return openTcp(target.host, target.port);
    case 'tty':
      return openTty(target.path, target.baud);
    case 'virtual':
      return Promise.resolve({ ok: true, value: new VirtualLink({ speed: target.speed }, clock) });
    default:
      return Promise.resolve(refuse('usage', 'This kind of port exists in browsers only.'));
  }
}

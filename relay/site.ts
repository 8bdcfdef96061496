import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { RefusalError } from '../src/lib/base/index.ts';
import {
  cacheControlOf,
  contentSecurityPolicy,
  contentTypeOf,
  inlineScriptHashes,
  isCompressible,
} from './headers.ts';
import { codeOf } from './identity.ts';
import { compressBytesMin, pageBytesMax } from './limits.ts';

interface Found {
  readonly file: string;
  /** The path that the file stands for, beginning with a slash. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

interface Encoded extends Found {
  readonly encoding: 'br' | 'gzip' | 'identity';
}

/** Serves the built app from its folder. Files are looked up at each request: a new build is there at once. */
export class Site {
  readonly #folder: string;
  #policy: { readonly modifiedMs: number; readonly text: string } | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws RefusalError `no-app` when the folder holds no built app. */
  static async open(folder: string): Promise<Site> {
    const site = new Site(folder);
    if ((await site.#find('/index.html')) === undefined) {
      throw new RefusalError({
        code: 'no-app',
        text: `There is no built app in ${folder}. Start with "npm start", which builds it, or give its folder with --app.`,
      });
    }
    return site;
  }

  /** Answers a GET or HEAD request for `path` (decoded, beginning with a slash). */
  async serve(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const found = (await this.#find(path)) ?? (isRoute(path) ? await this.#find('/index.html') : undefined);
    if (found === undefined) {
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
      response.end(request.method === 'HEAD' ? undefined : 'There is no such file in this app.\n');
      return;
    }
    const contentType = contentTypeOf(found.path);
    const compressible = isCompressible(contentType);
    const accepted = compressible ? acceptedEncodings(request) : new Set<string>();
    const encoded = await this.#encode(found, accepted);
    // Compressed here and now, when the build has no compressed twin of the file.
    const onTheFly =
      encoded.encoding === 'identity' && accepted.has('gzip') && encoded.bytes >= compressBytesMin;
    const encoding = onTheFly ? 'gzip' : encoded.encoding;
    const etag = `W/"${found.bytes.toString(36)}-${Math.trunc(found.modifiedMs).toString(36)}"`;
    const headers: OutgoingHttpHeaders = {
      'Content-Type': contentType,
      'Cache-Control': cacheControlOf(found.path),
      ETag: etag,
      'Content-Security-Policy': await this.#policyOf(found),
      ...(compressible ? { Vary: 'Accept-Encoding' } : {}),
      ...(encoding === 'identity' ? {} : { 'Content-Encoding': encoding }),
      ...(onTheFly ? {} : { 'Content-Length': encoded.bytes }),
    };
    if (matchesTag(request.headers['if-none-match'], etag)) {
      delete headers['Content-Length'];
      delete headers['Content-Encoding'];
      response.writeHead(304, headers).end();
      return;
    }
    response.writeHead(200, headers);
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const source = createReadStream(encoded.file);
    if (onTheFly) await pipeline(source, createGzip(), response);
    else await pipeline(source, response);
  }

  /** The regular file that `path` names inside the folder. */
  async #find(path: string): Promise<Found | undefined> {
    const wanted = path.endsWith('/') ? `${path}index.html` : path;
    // `join` resolves dots: what leads out of the folder, or is hidden, is not there.
    const file = join(this.#folder, ...wanted.split('/'));
    const isInside = file.startsWith(this.#folder.endsWith(sep) ? this.#folder : this.#folder + sep);
    if (!isInside || /[\0\\]|(^|\/)\.(?!well-known\/)/.test(wanted)) return undefined;
    return statFile(file, wanted);
  }

  /** The file itself, or a compressed twin that the build made of it. */
  async #encode(found: Found, accepted: ReadonlySet<string>): Promise<Encoded> {
    const twins = [
      ['br', '.br'],
      ['gzip', '.gz'],
    ] as const;
    for (const [encoding, ending] of twins) {
      if (!accepted.has(encoding)) continue;
      const twin = await statFile(`${found.file}${ending}`, found.path);
      // A twin older than its file belongs to an earlier build.
      if (twin !== undefined && twin.modifiedMs + 1 >= found.modifiedMs) return { ...twin, encoding };
    }
    return { ...found, encoding: 'identity' };
  }

  /** The policy of a response. Pages name their own inline scripts in it; workers take theirs from their script. */
  async #policyOf(found: Found): Promise<string> {
    if (!found.path.endsWith('.html')) return contentSecurityPolicy([]);
    if (found.path !== '/index.html') return policyOfPage(found);
    if (this.#policy?.modifiedMs !== found.modifiedMs) {
      this.#policy = { modifiedMs: found.modifiedMs, text: await policyOfPage(found) };
    }
    return this.#policy.text;
  }
}

async function policyOfPage(found: Found): Promise<string> {
  if (found.bytes > pageBytesMax) return contentSecurityPolicy([]);
  return contentSecurityPolicy(inlineScriptHashes(await readFile(found.file, 'utf8')));
}

/**
 * True for a path that the app itself answers: no file under `/_app/`, and no ending in its last part. A missing
 * script must be a 404, never a page that the browser then reads as a script.
 */
function isRoute(path: string): boolean {
  const last = path.slice(path.lastIndexOf('/') + 1);
  return !path.startsWith('/_app/') && !path.startsWith('/.') && !/\.[a-z0-9]{1,12}$/i.test(last);
}

async function statFile(file: string, path: string): Promise<Found | undefined> {
  try {
    const found = await stat(file);
    return found.isFile() ? { file, path, bytes: found.size, modifiedMs: found.mtimeMs } : undefined;
  } catch (error) {
    const missing = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'];
    if (missing.includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

function acceptedEncodings(request: IncomingMessage): Set<string> {
  const header = request.headers['accept-encoding'];
  const words = (Array.isArray(header) ? header.join(',') : (header ?? '')).toLowerCase().split(',');
  const accepted = new Set<string>();
  for (const word of words) {
    const [name = '', ...parameters] = word.split(';').map((part) => part.trim());
    if (!parameters.some((part) => /^q=0(\.0*)?$/.test(part))) accepted.add(name);
  }
  return accepted;
}

function matchesTag(header: string | undefined, etag: string): boolean {
  return header !== undefined && header.split(',').some((tag) => tag.trim() === etag || tag.trim() === '*');
}

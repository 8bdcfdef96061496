import { cpSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';

/**
 * A copy of the built app that is another build: every file has another address or other bytes, the name of the build is a later one, and
 * nothing of the old one is served any more. Takes a moment instead of a second build.
 */
export class RenewedBuild {
  readonly folder = mkdtempSync(join(tmpdir(), 'peerprint-build-'));
  readonly name: string;

  constructor(from = 'build', name = '9999-01-01T00:00:00.000Z') {
    this.name = name;
    const version = JSON.parse(readFileSync(join(from, '_app/version.json'), 'utf8')) as { version: string };
    cpSync(from, this.folder, { recursive: true });
    renameSync(join(this.folder, '_app/immutable'), join(this.folder, '_app/renewed'));
    for (const path of filesUnder(this.folder)) {
      const kind = extname(path);
      if (kind === '.br' || kind === '.gz') rmSync(path);
      else if (['.js', '.html', '.json', '.css'].includes(kind)) {
        const text = readFileSync(path, 'utf8')
          .replaceAll(version.version, name)
          .replaceAll('_app/immutable', '_app/renewed');
        writeFileSync(path, text);
      }
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

import { registerHooks } from 'node:module';
import type { Edit, Mutant } from './mutant.ts';

/**
 * From now on this process loads the product with the mutant's bug in it. Must be called before anything of the product that it changes
 * is loaded. The product itself knows nothing of it: no bug and no hook is ever in its files.
 */
export function loadMutant(mutant: Mutant): void {
  const open = new Set<Edit>(mutant.edits);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const edits = mutant.edits.filter(({ file }) => url.endsWith(`/src/${file}`));
      if (edits.length === 0) return loaded;
      let source = textOf(loaded.source, url);
      for (const edit of edits) {
        source = applyEdit(source, edit);
        open.delete(edit);
      }
      return { ...loaded, source };
    },
  });
  process.once('exit', () => {
    if (open.size === 0) return;
    process.stderr.write(
      `mutant ${mutant.name}: ${[...open].map(({ file }) => file).join(', ')} was never loaded\n`,
    );
    process.exitCode = 3;
  });
}

/** The text with the edit made. Throws unless the text to replace is there exactly once: a mutant must not fade away unnoticed. */
export function applyEdit(source: string, { file, find, put }: Edit): string {
  const at = source.indexOf(find);
  if (at < 0) throw new Error(`${file} does not contain: ${find}`);
  if (source.indexOf(find, at + 1) >= 0) throw new Error(`${file} contains more than once: ${find}`);
  return source.slice(0, at) + put + source.slice(at + find.length);
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray | null | undefined, url: string): string {
  if (typeof source === 'string') return source;
  if (source === null || source === undefined) throw new Error(`${url} has no text`);
  return new TextDecoder().decode(source);
}

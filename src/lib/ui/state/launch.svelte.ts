import { recall, remember } from './memory.ts';

/** Files that the system opened the app with. They wait here until a queue is shown. */
class Launch {
  files: readonly File[] = $state.raw([]);

  /** Hears launches from now on. Called by the entry, before anything else could miss one. */
  listen(): void {
    const queue = launchQueueOf(window);
    queue?.setConsumer((params) => void this.#take(params));
  }

  /** Hands the waiting files over, once. */
  collect(): readonly File[] {
    const files = this.files;
    if (files.length > 0) this.files = [];
    return files;
  }

  async #take(params: LaunchParams): Promise<void> {
    const files = await Promise.all((params.files ?? []).map((handle) => handle.getFile()));
    if (files.length === 0) return;
    // Some browsers deliver the last launch again on a reload; a file that did not change is not added twice.
    const mark = files.map((file) => `${file.name} ${file.size} ${file.lastModified}`).join('\n');
    if (recall(key) === mark && reloaded()) return;
    remember(key, mark);
    this.files = [...this.files, ...files];
  }
}

const key = 'peerprint.launch';

function reloaded(): boolean {
  const [entry] = performance.getEntriesByType('navigation');
  return entry instanceof PerformanceNavigationTiming && entry.type === 'reload';
}

interface LaunchParams {
  readonly files?: readonly FileSystemFileHandle[];
}

interface LaunchQueue {
  setConsumer(consumer: (params: LaunchParams) => void): void;
}

/** Chromium only, and not in TypeScript's library. */
function launchQueueOf(page: Window): LaunchQueue | undefined {
  return 'launchQueue' in page ? (page.launchQueue as LaunchQueue) : undefined;
}

export const launch = new Launch();

import { systemClock } from '../../base/clock.ts';
import type { Refusal } from '../../base/result.ts';
import type { Settled } from '../../peer/api.ts';

/** What is said at the edge of the page: refusals, doubts, and what can be undone. */
export interface Toast {
  readonly id: number;
  readonly tone: 'plain' | 'problem';
  readonly text: string;
  readonly action: { readonly label: string; readonly run: () => void } | undefined;
}

/** How long a toast stays. A problem stays until it is closed: someone may be looking at the printer. */
const toastMs = 7000;

class Toasts {
  list: readonly Toast[] = $state.raw([]);
  /** The last thing a screen reader should say by itself. */
  announced = $state('');
  #nextId = 1;
  readonly #cancels = new Map<number, () => void>();

  show(
    text: string,
    options: { tone?: 'plain' | 'problem'; action?: Toast['action']; ms?: number; onEnd?: () => void } = {},
  ): number {
    const id = this.#nextId++;
    const tone = options.tone ?? 'plain';
    this.list = [
      ...this.list.filter((toast) => toast.text !== text),
      { id, tone, text, action: options.action },
    ];
    const ms = options.ms ?? (tone === 'problem' ? undefined : toastMs);
    if (ms !== undefined) {
      this.#cancels.set(
        id,
        systemClock.after(ms, () => {
          options.onEnd?.();
          this.close(id);
        }),
      );
    }
    return id;
  }

  close(id: number): void {
    this.#cancels.get(id)?.();
    this.#cancels.delete(id);
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  refused(refusal: Refusal, action?: Toast['action']): void {
    this.show(refusal.text, { tone: 'problem', action });
  }

  /** Says how a command ended, unless it went well. True when it is committed. */
  settled(settled: Settled, action?: Toast['action']): boolean {
    if (settled.kind === 'committed') return true;
    if (settled.kind === 'refused') this.refused(settled.refusal, action);
    else this.show(settled.text, { tone: 'problem' });
    return false;
  }

  announce(text: string): void {
    this.announced = text;
  }
}

export const toasts = new Toasts();

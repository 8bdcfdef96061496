import type { Log } from '../base/index.ts';
import { saying } from './facts.ts';
import type { Print } from './print.ts';

/** What an action of the printer may ask of the host, besides its print. */
export interface ActionHost {
  readonly log: Log;
  close(): Promise<void>;
  notice(text: string): void;
  /** Somebody said at the printer's display that the next print may come, or that it may not. */
  bed(clear: boolean): void;
}

/** Does what the printer asks for in an `//action:` line. Questions (`prompt_…`) are `Prompt`'s part. */
export function carryOut(name: string, text: string, print: Print | undefined, host: ActionHost): void {
  switch (name) {
    case 'pause':
      void print?.pause(saying('pause-asked', text));
      return;
    case 'paused':
      // It has moved the head away itself: no moves of ours.
      void print?.pause(saying('paused-there', text), true);
      return;
    case 'out_of_filament':
      void print?.pause({ code: 'no-filament' }, true);
      return;
    case 'power_panic':
      // No moves and no heat from us: the board has a few milliseconds for its own.
      void print?.pause({ code: 'power-failure' }, true);
      host.notice('The printer reports a power failure.');
      return;
    // Prusa, started again after a power failure. Where its own recovery leaves the head, this host cannot know.
    case 'uvlo_recovery_ready':
    case 'uvlo_auto_recovery_ready':
      host.notice(
        'After a power failure the printer offers at its display to go on by itself. If it does, print nothing from here until it is done.',
      );
      return;
    case 'resume':
    case 'resumed':
      void print?.resume();
      return;
    case 'cancel':
      void print?.cancel('Cancelled at the printer.');
      return;
    case 'disconnect':
      void host.close();
      return;
    case 'notification':
      host.notice(text);
      return;
    // Prusa's "Set ready". While a print is under way it says nothing of the bed: any file may hold such a line.
    case 'ready':
    case 'not_ready':
      if (print === undefined) host.bed(name === 'ready');
      return;
    default:
      host.log.debug(`action ${name} ${text}`);
  }
}

import type { Notice } from '../api.ts';
import type { LinkState } from './worker-link.ts';

/** What only the page can know of its worker, for a person. */
export function noticeOf(state: LinkState): Notice | undefined {
  switch (state.kind) {
    case 'connected':
      if (!state.samePeer)
        return {
          key: 'data-cleared',
          tone: 'problem',
          text: 'The browser’s data for PeerPrint were cleared while this tab was open, so this browser begins anew.',
          advice:
            'What other peers hold is still there. Reload this tab, once nothing prints in it, and open the link of a queue again to come back to it.',
        };
      return state.sameBuild
        ? undefined
        : {
            key: 'other-build',
            tone: 'info',
            text: 'This tab and PeerPrint’s worker are of different builds.',
            advice: 'Both work. When nothing prints, close the other tabs and reload this one.',
          };
    case 'lost':
      return {
        key: 'worker-lost',
        tone: 'warning',
        text: 'PeerPrint’s worker ended and is being started again. A print in this tab goes on meanwhile.',
        advice: undefined,
      };
    case 'foreign':
      return { key: 'other-version', tone: 'problem', text: state.text, advice: undefined };
  }
}

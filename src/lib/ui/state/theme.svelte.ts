import { recall, remember } from './memory.ts';

export type Theme = 'system' | 'light' | 'dark';

/** Shared with static/theme.js, which reads it before the first paint. */
const key = 'peerprint.theme';

class ThemeChoice {
  chosen: Theme = $state(read());

  choose(theme: Theme): void {
    this.chosen = theme;
    remember(key, theme === 'system' ? undefined : theme);
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
  }
}

function read(): Theme {
  const kept = recall(key);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

export const theme = new ThemeChoice();

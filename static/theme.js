// The chosen theme, set before the first paint. See src/lib/ui/state/theme.svelte.ts.
try {
  const theme = localStorage.getItem('peerprint.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch (error) {
  // Storage is off: the system's theme is used.
  void error;
}

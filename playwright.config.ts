import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'src/e2e',
  testMatch: '*.spec.ts',
  // Each test runs several whole browsers; two cores carry one test at a time.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  // Tests of long troubles (sleep, updates, killed tabs) are run by `npm run test:long`: all together take about twenty minutes.
  ...(process.env['PEERPRINT_LONG'] === undefined ? { grepInvert: /@long/ } : { grep: /@long/ }),
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: 'list',
  outputDir: 'test-results',
});

import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'src/e2e',
  testMatch: '*.spec.ts',
  // Each test runs several whole browsers; two cores carry one test at a time.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: 'list',
  outputDir: 'test-results',
});

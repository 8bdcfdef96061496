// Finds or installs the browsers that the tests drive: Debian's Chromium and Firefox.
// Plain JavaScript for Node 20 or newer, because it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { say } from './install.mjs';

const wanted = [
  {
    name: 'Chromium',
    variable: 'CHROMIUM_PATH',
    package: 'chromium',
    paths: [
      '/usr/bin/chromium',
      '/usr/bin/chromium-browser',
      '/usr/bin/google-chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    ],
  },
  {
    name: 'Firefox',
    variable: 'FIREFOX_PATH',
    package: 'firefox-esr',
    paths: ['/usr/bin/firefox-esr', '/usr/bin/firefox', '/Applications/Firefox.app/Contents/MacOS/firefox'],
  },
];

/** @param {(typeof wanted)[number]} browser */
function find(browser) {
  const named = process.env[browser.variable];
  return [...(named === undefined ? [] : [named]), ...browser.paths].find((path) => existsSync(path));
}

function isDebian() {
  if (!existsSync('/etc/os-release')) return false;
  return /^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'));
}

/**
 * The browsers' paths, by environment variable. Installs what is missing where we are root on Debian; elsewhere says what to install and
 * ends this process with status 1.
 * @returns {Record<string, string>}
 */
export function ensureBrowsers() {
  let missing = wanted.filter((browser) => find(browser) === undefined);
  if (missing.length > 0 && isDebian() && process.getuid?.() === 0) {
    const packages = missing.map((browser) => browser.package);
    say(`Installing ${packages.join(' and ')} (once, a minute or two) …`);
    const options = { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    spawnSync('apt-get', ['update', '-qq'], options);
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options);
    missing = wanted.filter((browser) => find(browser) === undefined);
  }
  if (missing.length > 0) {
    for (const browser of missing) {
      say(
        `${browser.name} is missing. Install it (on Debian or Ubuntu: sudo apt-get install ${browser.package}), ` +
          `or set ${browser.variable} to its program, then run this again.`,
      );
    }
    process.exit(1);
  }
  return Object.fromEntries(wanted.map((browser) => [browser.variable, find(browser) ?? '']));
}

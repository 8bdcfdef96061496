import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ownPlaces, parseAnnounced, placeOf } from './addresses.ts';
import { defaultConfig, helpText, parseConfig } from './config.ts';

function refusal(...args: string[]): string {
  const parsed = parseConfig(args, '/here');
  return parsed.ok ? 'accepted' : parsed.refusal.text;
}

describe('the command line', () => {
  it('means port 7373 on localhost, with data and build in the project, when nothing is said', () => {
    const parsed = parseConfig([], '/here');
    expect(parsed).toEqual({ ok: true, value: defaultConfig() });
    expect(defaultConfig()).toMatchObject({
      port: 7373,
      host: 'localhost',
      announce: [],
      tls: undefined,
      lan: true,
    });
    expect(defaultConfig().dataDir).toBe(join(import.meta.dirname, '..', 'data'));
    expect(defaultConfig().appDir).toBe(join(import.meta.dirname, '..', 'build'));
  });

  it('takes every flag, and relative folders from where the person is', () => {
    const parsed = parseConfig(
      [
        ...[
          '--port',
          '0',
          '--host',
          '0.0.0.0',
          '--data',
          'd',
          '--app=/a',
          '--announce',
          'https://print.example',
        ],
        ...['--announce', '/dns4/b.example/tcp/1/ws', '--tls-cert', 'c.pem', '--tls-key', 'k.pem'],
        ...['--proxy', '10.0.0.1', '--name', 'Makerspace', '--no-lan'],
      ],
      '/here',
    );
    expect(parsed).toEqual({
      ok: true,
      value: {
        port: 0,
        host: '0.0.0.0',
        dataDir: '/here/d',
        appDir: '/a',
        announce: ['https://print.example', '/dns4/b.example/tcp/1/ws'],
        tls: { certFile: '/here/c.pem', keyFile: '/here/k.pem' },
        proxies: ['10.0.0.1'],
        lan: false,
        name: 'Makerspace',
      },
    });
  });

  it('shows help when asked, and the help names every flag', () => {
    expect(parseConfig(['--help'], '/here')).toEqual({ ok: true, value: 'help' });
    for (const flag of [
      'port',
      'host',
      'data',
      'app',
      'announce',
      'tls-cert',
      'tls-key',
      'proxy',
      'name',
      'no-lan',
    ]) {
      expect(helpText()).toContain(`--${flag}`);
    }
  });

  it('refuses what it does not understand in a sentence that names the flag', () => {
    expect(refusal('--prot', '80')).toContain('--prot');
    expect(refusal('extra')).toContain('extra');
    expect(refusal('--port')).toContain('--port');
    for (const port of ['', ' ', 'x', '-1', '65536', '1.5', '0x'])
      expect(refusal(`--port=${port}`)).toContain('--port');
    expect(refusal('--host', 'a b')).toContain('--host');
    expect(refusal('--host', 'http://x')).toContain('--host');
    expect(refusal('--data', '')).toContain('--data');
    expect(refusal('--tls-cert', 'c')).toContain('--tls-key');
    expect(refusal('--tls-key', 'k')).toContain('--tls-cert');
    expect(refusal('--announce', 'ftp://x')).toContain('--announce');
    expect(refusal('--announce', 'https://x/path')).toContain('--announce');
    expect(refusal('--announce', '/ip4/1.2.3.4/udp/1/quic')).toContain('--announce');
    expect(refusal('--announce', '/nonsense')).toContain('--announce');
    expect(
      refusal(
        '--announce',
        '/dns4/a.example/tcp/1/ws/p2p/12D3KooWFLpxxaKZuYJHA4gjk1UF9cG5AnndDcdUhLrrm8Wxj2c4',
      ),
    ).toContain('--announce');
    expect(refusal('--proxy', 'name')).toContain('--proxy');
    expect(refusal('--name', 'x'.repeat(64))).toContain('--name');
  });
});

describe('announced places', () => {
  const own = { port: 7373, tls: false };
  const announced = (text: string, tls = false) => {
    const parsed = parseAnnounced(text, { ...own, tls });
    return parsed.ok ? [parsed.value.url, parsed.value.multiaddr] : parsed.refusal.text;
  };

  it('are read from URLs, multiaddrs and host names', () => {
    expect(announced('https://print.example')).toEqual([
      'https://print.example',
      '/dns4/print.example/tcp/443/wss',
    ]);
    expect(announced('http://pi.local:7373')).toEqual(['http://pi.local:7373', '/dns4/pi.local/tcp/7373/ws']);
    expect(announced('https://[2001:db8::1]:8443')).toEqual([
      'https://[2001:db8::1]:8443',
      '/ip6/2001:db8::1/tcp/8443/wss',
    ]);
    expect(announced('/dns4/a.example/tcp/443/tls/ws')).toEqual([
      'https://a.example',
      '/dns4/a.example/tcp/443/tls/ws',
    ]);
  });

  it('mean a proxy on port 443 for a bare public name, and our own port for all else', () => {
    expect(announced('print.example')).toEqual(['https://print.example', '/dns4/print.example/tcp/443/wss']);
    expect(announced('print.example', true)).toEqual([
      'https://print.example:7373',
      '/dns4/print.example/tcp/7373/wss',
    ]);
    expect(announced('pi.local')).toEqual(['http://pi.local:7373', '/dns4/pi.local/tcp/7373/ws']);
    expect(announced('192.168.1.5')).toEqual(['http://192.168.1.5:7373', '/ip4/192.168.1.5/tcp/7373/ws']);
  });
});

describe('own places', () => {
  const lan = ['192.168.1.5', 'fd00::5'];

  it('are localhost alone on a loopback host', () => {
    expect(ownPlaces('localhost', 7373, false, lan, [])).toEqual([
      {
        url: 'http://localhost:7373',
        multiaddr: '/dns4/localhost/tcp/7373/ws',
        reach: 'this machine',
        secure: true,
      },
    ]);
    expect(placeOf('127.0.0.1', 80, false, 'this machine')).toMatchObject({
      url: 'http://127.0.0.1',
      secure: true,
    });
  });

  it('are every network address and localhost on 0.0.0.0, of which browsers trust localhost only', () => {
    const places = ownPlaces('0.0.0.0', 7373, false, lan, []);
    expect(places.map((place) => [place.multiaddr, place.secure])).toEqual([
      ['/ip4/192.168.1.5/tcp/7373/ws', false],
      ['/dns4/localhost/tcp/7373/ws', true],
    ]);
    expect(ownPlaces('::', 7373, false, lan, []).map((place) => place.url)).toContain(
      'http://[fd00::5]:7373',
    );
  });

  it('are the names in the certificate when there is one', () => {
    expect(ownPlaces('0.0.0.0', 443, true, lan, ['print.example'])).toEqual([
      {
        url: 'https://print.example',
        multiaddr: '/dns4/print.example/tcp/443/wss',
        reach: 'this network',
        secure: true,
      },
    ]);
  });
});

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { RealBrowser } from '../../src/e2e/browsers.ts';
import { RelayProcess } from '../../src/e2e/relay-process.ts';
import type { PeerPrintClient, QueueView } from '../../src/lib/peer/api.ts';
import type { QueueId } from '../../src/lib/base/index.ts';

type WithClient = typeof globalThis & { peerprint?: PeerPrintClient };
type WithRaw = typeof globalThis & { raw?: RTCPeerConnection; channel?: RTCDataChannel; gotBytes?: number };

export interface FilesBench {
  /** A file from one browser to another through the whole app, megabytes per second, and its size. */
  readonly transferMBs: number;
  readonly transferBytes: number;
  /** A bare RTCDataChannel between the same two browsers, in the same run, messages of 64 KiB. */
  readonly rawChannelMBs: number;
  /** Bytes of the built app, gzip: what the first page needs, and the peer's worker. */
  readonly firstLoadGzip: number;
  readonly workerGzip: number;
}

const transferBytes = 24 * 1024 * 1024;

/** Transfer rate of the app against a raw data channel, in two Chromium processes; sizes of the built app. */
export async function benchFiles(): Promise<FilesBench> {
  const relay = await new RelayProcess().start();
  const left = await new RealBrowser('Left', 'chromium').start();
  const right = await new RealBrowser('Right', 'chromium').start();
  try {
    const pages = [await left.newChromiumPage(), await right.newChromiumPage()] as const;
    for (const page of pages) {
      await page.goto(`${relay.url}/settings`);
      await page.waitForFunction(() => (globalThis as WithClient).peerprint !== undefined);
    }
    const rawChannelMBs = await rawRate(...pages);
    const transferMBs = await appRate(...pages);
    return { transferMBs, transferBytes, rawChannelMBs, ...sizes() };
  } finally {
    await left.remove();
    await right.remove();
    await relay.remove();
  }
}

async function appRate(from: Page, to: Page): Promise<number> {
  const queue = await from.evaluate(async () => {
    const made = await (globalThis as WithClient).peerprint?.createQueue({ name: 'Bench', lan: false });
    if (made?.ok !== true) throw new Error('no queue');
    return made.value;
  });
  const text = await from.evaluate(async (id) => {
    const link = await (globalThis as WithClient).peerprint?.makeLink(id, {
      role: 'trusted',
      lifeMs: 3_600_000,
    });
    if (link?.ok !== true) throw new Error('no link');
    return link.value.text;
  }, queue);
  await to.evaluate(async (link) => {
    const joined = await (globalThis as WithClient).peerprint?.joinQueue(link);
    if (joined?.ok !== true) throw new Error('not joined');
  }, text);
  await to.evaluate(untilDirect, queue);
  // The receiver's clock runs from the first sight of the file to the whole of it.
  const received = to.evaluate(untilWhole, queue);
  await from.evaluate(addBigFile, [queue, transferBytes] as const);
  const { ms, bytes } = await received;
  return Math.round((bytes / 1e6 / (ms / 1000)) * 10) / 10;
}

function untilDirect(queue: QueueId): Promise<void> {
  return new Promise((resolve) => {
    (globalThis as WithClient).peerprint?.watchQueue(queue, (view: QueueView) => {
      const me = view.peers.find((peer) => peer.self);
      if (me !== undefined && me.part !== 'listener' && view.peers.some((peer) => peer.path === 'direct'))
        resolve();
    });
  });
}

/** Views come a few times a second: what had arrived at the first one is not counted into the rate. */
function untilWhole(queue: QueueId): Promise<{ ms: number; bytes: number }> {
  return new Promise((resolve) => {
    let began: { readonly atMs: number; readonly bytes: number } | undefined;
    (globalThis as WithClient).peerprint?.watchQueue(queue, (view: QueueView) => {
      const file = view.files[0];
      if (file === undefined) return;
      if (file.hereBytes > 0) began ??= { atMs: performance.now(), bytes: file.hereBytes };
      if (began !== undefined && file.hereBytes === file.sizeBytes)
        resolve({ ms: performance.now() - began.atMs, bytes: file.sizeBytes - began.bytes });
    });
  });
}

async function addBigFile([queue, bytes]: readonly [QueueId, number]): Promise<void> {
  const client = (globalThis as WithClient).peerprint;
  const lines: string[] = ['G28\n'];
  for (let i = 0, length = 0; length < bytes; i++) {
    const line = `G1 X${(i * 7919) % 20011} Y${(i * 104729) % 19997} E${i}\n`;
    lines.push(line);
    length += line.length;
  }
  const file = new File([new Blob(lines).slice(0, bytes)], 'big.gcode');
  const added = await client?.addFile(queue, file);
  if (added?.ok !== true) throw new Error('the file was refused');
  await client?.addJob(queue, {
    name: 'Big',
    copies: 1,
    draft: true,
    notes: '',
    sets: [{ file: added.value.file, count: 1 }],
  });
}

/** Two bare peer connections, their offers carried over by hand. */
async function rawRate(from: Page, to: Page): Promise<number> {
  const offer = await from.evaluate(async () => {
    const scope = globalThis as WithRaw;
    scope.raw = new RTCPeerConnection();
    scope.channel = scope.raw.createDataChannel('raw');
    await scope.raw.setLocalDescription();
    await new Promise<void>((resolve) => {
      const look = () => scope.raw?.iceGatheringState === 'complete' && resolve();
      scope.raw?.addEventListener('icegatheringstatechange', look);
      look();
    });
    return scope.raw.localDescription?.toJSON() as RTCSessionDescriptionInit;
  });
  const answer = await to.evaluate(async (description) => {
    const scope = globalThis as WithRaw;
    scope.raw = new RTCPeerConnection();
    scope.gotBytes = 0;
    scope.raw.addEventListener('datachannel', ({ channel }) => {
      channel.binaryType = 'arraybuffer';
      channel.addEventListener('message', (event: MessageEvent<ArrayBuffer>) => {
        scope.gotBytes = (scope.gotBytes ?? 0) + event.data.byteLength;
      });
    });
    await scope.raw.setRemoteDescription(description);
    await scope.raw.setLocalDescription();
    await new Promise<void>((resolve) => {
      const look = () => scope.raw?.iceGatheringState === 'complete' && resolve();
      scope.raw?.addEventListener('icegatheringstatechange', look);
      look();
    });
    return scope.raw.localDescription?.toJSON() as RTCSessionDescriptionInit;
  }, offer);
  await from.evaluate(async (description) => {
    const scope = globalThis as WithRaw;
    await scope.raw?.setRemoteDescription(description);
    await new Promise<void>((resolve) => {
      if (scope.channel?.readyState === 'open') resolve();
      else scope.channel?.addEventListener('open', () => resolve());
    });
  }, answer);
  const began = performance.now();
  const sent = from.evaluate(async (total) => {
    const { channel } = globalThis as WithRaw;
    if (channel === undefined) throw new Error('no channel');
    const message = new Uint8Array(64 * 1024);
    channel.bufferedAmountLowThreshold = 1024 * 1024;
    for (let at = 0; at < total; at += message.length) {
      if (channel.bufferedAmount > 4 * 1024 * 1024) {
        await new Promise((resolve) =>
          channel.addEventListener('bufferedamountlow', resolve, { once: true }),
        );
      }
      channel.send(message);
    }
  }, transferBytes);
  await to.waitForFunction((total) => ((globalThis as WithRaw).gotBytes ?? 0) >= total, transferBytes, {
    polling: 20,
  });
  const seconds = (performance.now() - began) / 1000;
  await sent;
  for (const page of [from, to]) await page.evaluate(() => (globalThis as WithRaw).raw?.close());
  return Math.round((transferBytes / 1e6 / seconds) * 10) / 10;
}

/** What the start page loads before a person can act, by the modules that its HTML names, and the worker. */
function sizes(): { firstLoadGzip: number; workerGzip: number } {
  const html = readFileSync(join('build', 'index.html'), 'utf8');
  const named = [...html.matchAll(/(?:href|import\()\s*=?\s*["'(]*([^"')]*_app\/immutable\/[^"')]+)/g)].map(
    (match) => (match[1] ?? '').replace(/^\.?\//, ''),
  );
  const entries = readdirSync(join('build', '_app', 'immutable', 'entry')).map(
    (name) => `_app/immutable/entry/${name}`,
  );
  const files = new Set(
    [...named, ...entries].filter((name) => name.endsWith('.js') || name.endsWith('.css')),
  );
  let firstLoadGzip = gzipSync(html).length;
  for (const file of files) firstLoadGzip += gzipSync(readFileSync(join('build', file))).length;
  return { firstLoadGzip, workerGzip: gzipSync(readFileSync(join('build', 'workers', 'peer.js'))).length };
}

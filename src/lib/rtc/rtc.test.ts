import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ManualClock } from '../base/index.ts';
import { startAnchor } from './anchor.ts';
import { FakePeerConnection, openFakeConnections } from './fake-browser.ts';
import { anchorWaitMs, beatMs, beatsMissedMax, lastWordsBytesMax, lastWordsChannel } from './limits.ts';
import type { ShimDataChannel } from './shim-channel.ts';
import type { ShimPeerConnection } from './shim-peer.ts';
import { ShimIceCandidate } from './shim-values.ts';
import type { RtcHost } from './shim.ts';
import { installRtcShim } from './shim.ts';

const until = (condition: () => boolean) => vi.waitFor(() => expect(condition()).toBe(true), { interval: 2 });

interface Tab {
  readonly port: MessagePort;
  close(): void;
}

describe('WebRTC of a worker', () => {
  let clock: ManualClock;
  let host: RtcHost;
  let ShimPeer: typeof ShimPeerConnection & (new (configuration?: RTCConfiguration) => ShimPeerConnection);
  const tabs: Tab[] = [];

  beforeEach(() => {
    clock = new ManualClock();
    host = installRtcShim({ clock });
    ShimPeer = globalThis.RTCPeerConnection as unknown as typeof ShimPeer;
    // Worker and tabs share one thread here: the tabs' real connections are the fake ones.
    Object.assign(globalThis, { RTCPeerConnection: FakePeerConnection });
    FakePeerConnection.made.length = 0;
  });

  afterEach(() => {
    for (const tab of tabs.splice(0)) tab.close();
    Reflect.deleteProperty(globalThis, 'RTCPeerConnection');
  });

  function openTab(name: string): Tab {
    const { port1, port2 } = new MessageChannel();
    host.attach(port2, { name });
    const withdraw = startAnchor(port1);
    const tab = {
      port: port1,
      close() {
        withdraw();
        port1.close();
      },
    };
    tabs.push(tab);
    return tab;
  }

  async function connect(): Promise<{
    near: ShimDataChannel;
    far: ShimDataChannel;
    peers: ShimPeerConnection[];
  }> {
    const [a, b] = [new ShimPeer(), new ShimPeer()];
    const near = a.createDataChannel('init');
    let far: ShimDataChannel | undefined;
    b.ondatachannel = ({ channel }) => (far = channel);
    const offer = await a.createOffer();
    await a.setLocalDescription(offer);
    await b.setRemoteDescription(offer);
    const answer = await b.createAnswer();
    await b.setLocalDescription(answer);
    await a.setRemoteDescription(answer);
    await until(() => near.readyState === 'open' && far !== undefined);
    if (far === undefined) throw new Error('no channel came');
    return { near, far, peers: [a, b] };
  }

  test('a tab that closes tells the other side what was prepared last; what the other side tells is heard', async () => {
    openTab('one');
    await until(() => host.anchor === 'one');
    const said: string[] = [];
    const heard: string[] = [];
    const text = (words: BufferSource) => new TextDecoder().decode(words);
    host.onLastWords((words) => heard.push(text(words)));
    host.prepareLastWords(new TextEncoder().encode('too early'));
    host.prepareLastWords(new TextEncoder().encode('I go'));

    const near = new ShimPeer();
    const init = near.createDataChannel('init');
    const far = new FakePeerConnection();
    const words = far.createDataChannel('last-words', { negotiated: true, id: lastWordsChannel });
    Object.assign(words, { onmessage: ({ data }: MessageEvent<ArrayBuffer>) => said.push(text(data)) });
    const offer = await near.createOffer();
    await near.setLocalDescription(offer);
    await far.setRemoteDescription(offer);
    const answer = await far.createAnswer();
    await far.setLocalDescription(answer);
    await near.setRemoteDescription(answer);
    await until(() => init.readyState === 'open');

    words.send(new TextEncoder().encode('so do I').buffer);
    await until(() => heard.length > 0);
    expect(heard).toEqual(['so do I']);
    words.send(new Uint8Array(lastWordsBytesMax + 1).buffer);
    expect(said).toEqual([]);
    tabs[0]?.close();
    await until(() => said.length > 0);
    expect(said).toEqual(['I go']);
    far.close();
    expect(heard).toEqual(['so do I']);
  });

  test('two connections exchange descriptions, candidates and bytes through the anchor', async () => {
    openTab('one');
    await until(() => host.anchor === 'one');
    const a = new ShimPeer({ iceServers: [] });
    const candidates: (string | undefined)[] = [];
    a.onicecandidate = ({ candidate }) => candidates.push(candidate?.candidate);
    const states: string[] = [];
    a.addEventListener('connectionstatechange', () => states.push(a.connectionState));
    const offer = await a.createOffer();
    await a.setLocalDescription(offer);
    expect(a.localDescription?.sdp).toBe(offer.sdp);
    await a.addIceCandidate(new ShimIceCandidate({ candidate: 'x' }));
    await until(() => candidates.length === 2);
    expect(candidates[1]).toBeUndefined();
    await expect(a.setRemoteDescription({ type: 'answer', sdp: 'nonsense' })).rejects.toMatchObject({
      name: 'InvalidAccessError',
    });

    const { near, far } = await connect();
    const got: unknown[] = [];
    far.onmessage = ({ data }) => got.push(data);
    const sent = new Uint8Array([9, 1, 2, 9]);
    near.send(sent.subarray(1, 3));
    near.send('text');
    expect(sent.length).toBe(4);
    await until(() => got.length === 2);
    expect(got[0]).toBeInstanceOf(ArrayBuffer);
    expect([...new Uint8Array(got[0] as ArrayBuffer)]).toEqual([1, 2]);
    expect(got[1]).toBe('text');
  });

  test('bufferedAmount counts what is still in the port or in the tab, and tells when all is out', async () => {
    openTab('one');
    await until(() => host.anchor === 'one');
    const { near } = await connect();
    const real = FakePeerConnection.made[0]?.channels[0];
    if (real === undefined) throw new Error('no channel');
    real.held = true;
    let low = 0;
    near.onbufferedamountlow = () => low++;
    near.send(new Uint8Array(1_000));
    near.send(new Uint8Array(500));
    expect(near.bufferedAmount).toBe(1_500);
    expect(host.counts.bufferedBytes).toBe(1_500);
    await until(() => real.bufferedAmount === 1_500);
    expect(near.bufferedAmount).toBe(1_500);
    expect(low).toBe(0);
    real.letOut();
    await until(() => near.bufferedAmount === 0);
    expect(low).toBe(1);
  });

  test('closing a channel or a connection closes the real one, and lets go of it', async () => {
    openTab('one');
    await until(() => host.anchor === 'one');
    const { near, far, peers } = await connect();
    let closed = 0;
    far.onclose = () => closed++;
    near.close();
    expect(near.readyState).toBe('closing');
    await until(() => near.readyState === 'closed' && closed === 1);
    expect(() => near.send(new Uint8Array(1))).toThrow(/closed/);
    for (const peer of peers) peer.close();
    await until(() => FakePeerConnection.made.every((real) => real.connectionState === 'closed'));
    expect(host.counts).toEqual({ peers: 0, channels: 0, calls: 0, bufferedBytes: 0 });
  });

  test('the channel that a dial begins with is closed by who dials: a side that is quicker leaves it open until the other has looked', async () => {
    openTab('one');
    await until(() => host.anchor === 'one');
    const { near, far } = await connect();
    // What libp2p does on the side that is dialled, as soon as its own connection is up.
    far.close();
    const heard: unknown[] = [];
    far.onmessage = ({ data }) => heard.push(data);
    near.send('still there');
    await until(() => heard.length === 1);
    expect([near.readyState, far.readyState]).toEqual(['open', 'open']);
    near.close();
    await until(() => near.readyState === 'closed' && far.readyState === 'closed');
  });

  test('an orderly end by the other side is told at once, though the browser calls it connected', async () => {
    openTab('one');
    await until(() => host.anchor === 'one');
    const { peers } = await connect();
    const real = FakePeerConnection.made[0];
    if (real === undefined) throw new Error('no connection');
    real.sctp.state = 'closed';
    real.sctp.emit('statechange');
    await until(() => peers[0]?.connectionState === 'failed');
  });

  test('a tab that closes takes its connections along, and another tab follows', async () => {
    openTab('one');
    await until(() => host.anchor === 'one');
    const second = openTab('two');
    const { near, peers } = await connect();
    const anchored: boolean[] = [];
    host.onAnchor((state) => anchored.push(state));
    let closed = 0;
    near.onclose = () => closed++;
    let stateSeen: string | undefined;
    peers[0]?.addEventListener('connectionstatechange', () => (stateSeen = peers[0]?.connectionState));
    tabs[0]?.close();
    await until(() => host.anchor === 'two');
    expect(closed).toBe(1);
    expect(stateSeen).toBe('closed');
    expect(anchored).toEqual([false, true]);
    expect(openFakeConnections()).toBe(0);
    expect((await connect()).near.readyState).toBe('open');
    second.close();
    await until(() => host.anchor === undefined);
  });

  test('a frozen tab loses its place after some heartbeats, calls to it end, and it may serve again later', async () => {
    const { port1, port2 } = new MessageChannel();
    const asked: string[] = [];
    port1.onmessage = (event: MessageEvent<{ kind: string }>) => asked.push(event.data.kind);
    host.attach(port2, { name: 'frozen' });
    port1.postMessage({ kind: 'hello', version: 1, lock: undefined, able: true, visible: true });
    await until(() => host.anchor === 'frozen');
    const peer = new ShimPeer();
    const call = peer.createOffer();
    const ended = expect(call).rejects.toThrow(/gone/);
    await until(() => asked.includes('peer-call'));
    for (let beat = 0; beat < beatsMissedMax; beat++) clock.advance(beatMs);
    expect(host.anchor).toBeUndefined();
    await ended;
    expect(peer.connectionState).toBe('closed');
    await until(() => asked.includes('retire'));
    port1.postMessage({ kind: 'visible', visible: true });
    await until(() => host.anchor === 'frozen');
    port1.close();
  });

  test('a tab that dies lets go of its lock and loses its place at once', async () => {
    const { port1, port2 } = new MessageChannel();
    let die = () => {};
    await new Promise<void>((held) => {
      void navigator.locks.request('lock of a tab', () => {
        held();
        return new Promise<void>((resolve) => (die = resolve));
      });
    });
    host.attach(port2, { name: 'mortal' });
    port1.postMessage({ kind: 'hello', version: 1, lock: 'lock of a tab', able: true, visible: true });
    await until(() => host.anchor === 'mortal');
    // Once it is watched.
    await vi.waitFor(async () => {
      const { pending = [] } = await navigator.locks.query();
      expect(pending.map(({ name }) => name)).toContain('lock of a tab');
    });
    die();
    await until(() => host.anchor === undefined);
    port1.close();
  });

  test('a tab whose lock cannot be seen here serves all the same, and its heartbeat alone tells of its end', async () => {
    const { port1, port2 } = new MessageChannel();
    host.attach(port2, { name: 'apart' });
    port1.postMessage({ kind: 'hello', version: 1, lock: 'held elsewhere', able: true, visible: true });
    await until(() => host.anchor === 'apart');
    // Whoever asks for a lock after another one gets it after that one: by now it was looked at.
    for (let i = 0; i < 3; i++) await navigator.locks.request('held elsewhere', () => undefined);
    expect(host.anchor).toBe('apart');
    for (let beat = 0; beat < beatsMissedMax; beat++) clock.advance(beatMs);
    expect(host.anchor).toBeUndefined();
    port1.close();
  });

  test('an anchor that answers stays, however long it lasts', async () => {
    openTab('one');
    await until(() => host.anchor === 'one');
    for (let beat = 0; beat < 3 * beatsMissedMax; beat++) {
      clock.advance(beatMs);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(host.anchor).toBe('one');
  });

  test('a connection begun without a tab waits for one, and fails when none comes', async () => {
    const early = new ShimPeer();
    early.createDataChannel('init');
    const offer = early.createOffer();
    openTab('one');
    await expect(offer).resolves.toMatchObject({ type: 'offer' });
    tabs[0]?.close();
    await until(() => host.anchor === undefined);
    const late = new ShimPeer();
    const channel = late.createDataChannel('init');
    const never = late.createOffer();
    const refused = expect(never).rejects.toThrow(/No tab/);
    clock.advance(anchorWaitMs);
    await refused;
    await until(() => late.connectionState === 'failed' && channel.readyState === 'closed');
  });

  test('tabs of another version and tabs without WebRTC are never chosen', async () => {
    const ports = [
      { version: 99, able: true },
      { version: 1, able: false },
    ].map((hello) => {
      const { port1, port2 } = new MessageChannel();
      host.attach(port2, { name: 'unfit' });
      port1.postMessage({ kind: 'hello', lock: undefined, visible: true, ...hello });
      return port1;
    });
    openTab('fit');
    await until(() => host.anchor !== undefined);
    expect(host.anchor).toBe('fit');
    for (const port of ports) port.close();
  });
});

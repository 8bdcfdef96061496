import type { PeerId } from '../../lib/base/index.ts';
import type { Wire, WireStream } from '../../lib/network/port.ts';
import type { MachineClock } from './clock.ts';

/** A wire whose calls wait while the machine is frozen. */
export function gatedWire(wire: Wire, clock: MachineClock): Wire {
  const thawed = () => new Promise<void>((resolve) => clock.gated(resolve)());
  return {
    self: wire.self,
    handleMessages(protocol, limits, onMessage) {
      wire.handleMessages(protocol, limits, (from, message) => clock.gated(() => onMessage(from, message))());
    },
    send: (to, protocol, message) => wire.send(to, protocol, message),
    handleRequests(protocol, limits, onRequest) {
      wire.handleRequests(protocol, limits, async (from, request) => {
        await thawed();
        return onRequest(from, request);
      });
    },
    async request(to, protocol, request, timeoutMs) {
      try {
        return await wire.request(to, protocol, request, timeoutMs);
      } finally {
        await thawed();
      }
    },
    handleStreams(protocol, limits, onStream) {
      wire.handleStreams(protocol, limits, async (from, stream) => {
        await thawed();
        return onStream(from, stream);
      });
    },
    async openStream(to, protocol, timeoutMs): Promise<WireStream> {
      const stream = await wire.openStream(to, protocol, timeoutMs);
      await thawed();
      return stream;
    },
    hear: (topics) => wire.hear(topics),
    publish: (topic, news) => wire.publish(topic, news),
    onNews(listener) {
      wire.onNews((topic, news) => {
        let passes = true;
        clock.gated(() => (passes = listener(topic, news)))();
        return passes;
      });
    },
    want: (peers: ReadonlySet<PeerId>, only?: boolean) => wire.want(peers, only),
    setRelays: (addresses) => wire.setRelays(addresses),
    rendezvous: (keys) => wire.rendezvous(keys),
    onFound: (listener) => wire.onFound((peer, key) => clock.gated(() => listener(peer, key))()),
    connections: () => wire.connections(),
    relays: () => wire.relays(),
    onChange: (listener) => wire.onChange(() => clock.gated(listener)()),
    close: () => wire.close(),
  };
}

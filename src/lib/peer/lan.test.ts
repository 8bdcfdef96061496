import { expect, test, vi } from 'vitest';
import { parseLink } from '../registry/index.ts';
import { House, granted } from './testing/house.ts';

const local = '/ip4/192.168.1.5/tcp/7373/ws/p2p/12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5';
const far = '/dns4/relay.example/tcp/443/wss/p2p/12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5';

/** Every key that any wire of this house was asked to announce. */
function announcements(house: House): string[] {
  const keys: string[] = [];
  const join = house.network.join.bind(house.network);
  vi.spyOn(house.network, 'join').mockImplementation((peer) => {
    const wire = join(peer);
    const announce = wire.rendezvous.bind(wire);
    vi.spyOn(wire, 'rendezvous').mockImplementation((wanted) => {
      for (const { key } of wanted) keys.push(Buffer.from(key).toString('hex'));
      announce(wanted);
    });
    return wire;
  });
  return keys;
}

test.each([
  [true, 0],
  // The queue’s own, and that of the invitation.
  [false, 2],
])(
  'A queue that is bound to the local network (%s) is announced under %i keys, by its owner and by who joins',
  async (lan, keys) => {
    const house = new House(7);
    const announced = announcements(house);
    const anna = await house.browser('Anna').open();
    const ben = await house.browser('Ben').open();
    const queue = granted(await house.await(anna.service.createQueue({ name: 'Workshop', lan })));
    await house.until('a leader', () => anna.host(queue).condition().condition === 'ready');
    await ben.join(anna, queue);
    await house.pass(2_000);
    expect(new Set(announced).size).toBe(keys);
  },
);

test('A link to a queue of the local network names relays of the local network only, and says so', async () => {
  const house = new House(8);
  const anna = await house.browser('Anna').open();
  granted(await house.await(anna.service.setRelays([local, far])));
  for (const lan of [true, false]) {
    const queue = granted(await house.await(anna.service.createQueue({ name: 'Workshop', lan })));
    await house.until('a leader', () => anna.host(queue).condition().condition === 'ready');
    const options = { role: 'guest', lifeMs: 3_600_000, origin: 'http://localhost' } as const;
    const shared = granted(await house.await(anna.service.makeLink(queue, options)));
    const link = granted(parseLink(shared.url));
    expect(link.lan).toBe(lan);
    expect(link.relays.includes(far)).toBe(!lan);
  }
});

import http from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../src/lib/base/index.ts';
import { ClientGate, addressGroup, clientAddress } from './clients.ts';

function from(remote: string, forwarded?: string): http.IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: remote });
  const message = new http.IncomingMessage(socket);
  if (forwarded !== undefined) message.headers['x-forwarded-for'] = forwarded;
  return message;
}

describe('where a request comes from', () => {
  it('is the other end of the socket, whatever a stranger claims', () => {
    expect(clientAddress(from('203.0.113.9', '198.51.100.1'), [])).toBe('203.0.113.9');
  });

  it('is what a proxy on this machine, or one that was named, wrote last', () => {
    expect(clientAddress(from('127.0.0.1', '1.1.1.1, 203.0.113.9'), [])).toBe('203.0.113.9');
    expect(clientAddress(from('::ffff:127.0.0.1', '203.0.113.9'), [])).toBe('203.0.113.9');
    expect(clientAddress(from('10.0.0.1', '203.0.113.9'), ['10.0.0.1'])).toBe('203.0.113.9');
    expect(clientAddress(from('127.0.0.1', '203.0.113.9, 10.0.0.1'), ['10.0.0.1'])).toBe('203.0.113.9');
    expect(clientAddress(from('127.0.0.1', 'nonsense'), [])).toBe('127.0.0.1');
    expect(clientAddress(from('127.0.0.1'), [])).toBe('127.0.0.1');
  });
});

describe('address groups', () => {
  it('are single IPv4 addresses, IPv6 networks of 64 bits, and nothing for this machine', () => {
    expect(addressGroup('203.0.113.9')).toBe('203.0.113.9');
    expect(addressGroup('::ffff:203.0.113.9')).toBe('203.0.113.9');
    expect(addressGroup('2001:db8:1:2:3::4')).toBe('2001:db8:1:2::/64');
    expect(addressGroup('2001:db8:0001:2:9:9:9:9')).toBe('2001:db8:1:2::/64');
    expect(addressGroup('2001:db8::1')).toBe('2001:db8:0:0::/64');
    expect(addressGroup('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
    expect(addressGroup('127.0.0.1')).toBeUndefined();
    expect(addressGroup('::1')).toBeUndefined();
  });
});

describe('the gate', () => {
  const limits = {
    connectionsMax: 5,
    connectionsPerIpMax: 2,
    connectsPerIpBurst: 3,
    connectsPerIpPerSecond: 1,
  };

  it('holds each address to its share, and gives the share back once per connection', () => {
    const gate = new ClientGate(new ManualClock(), limits);
    const leave = gate.enter('203.0.113.1');
    expect(gate.enter('203.0.113.1')).toBeTypeOf('function');
    expect(gate.enter('203.0.113.1')).toContain('too many connections');
    expect(gate.enter('203.0.113.2')).toBeTypeOf('function');
    expect(gate.open).toBe(3);
    if (typeof leave === 'function') {
      leave();
      leave();
    }
    expect(gate.open).toBe(2);
    expect(gate.enter('203.0.113.1')).toBeTypeOf('function');
  });

  it('slows down an address that connects again and again', () => {
    const clock = new ManualClock();
    const gate = new ClientGate(clock, limits);
    const comeAndGo = () => {
      const leave = gate.enter('203.0.113.1');
      if (typeof leave === 'string') return leave;
      leave();
      return 'let in';
    };
    expect([comeAndGo(), comeAndGo(), comeAndGo()]).toEqual(['let in', 'let in', 'let in']);
    expect(comeAndGo()).toContain('too often');
    clock.advance(1000);
    expect(comeAndGo()).toBe('let in');
    expect(comeAndGo()).toContain('too often');
  });

  it('does not count this machine against itself, but holds to the total', () => {
    const gate = new ClientGate(new ManualClock(), limits);
    for (let i = 0; i < 5; i++) expect(gate.enter('127.0.0.1')).toBeTypeOf('function');
    expect(gate.enter('127.0.0.1')).toContain('full');
    expect(gate.enter('203.0.113.1')).toContain('full');
  });
});

import { RingLog, ok, refuse, systemClock } from '../../base/index.ts';
import { type SerialPortLike, VirtualLink, openWebSerial } from '../../printer/index.ts';
import type { LinkTarget } from '../../printer/port.ts';
import { openIndexedDbStore } from '../../storage/index.ts';
import { servePrints } from './serve-prints.ts';

// The print worker's entry: the browser's own ports, handed to `servePrints`.
servePrints(self, browserPorts());

function browserPorts() {
  const clock = systemClock;
  const log = new RingLog(clock, 'print');
  const store = openIndexedDbStore({ name: 'peerprint', log, clock, storage: navigator.storage });
  return { clock, log, store, openLink };
}

async function openLink(target: LinkTarget) {
  if (target.kind === 'virtual') return ok(new VirtualLink(virtualOptions(target), systemClock));
  if (target.kind === 'web-serial') return openWebSerial(await navigator.serial.getPorts(), target);
  if (target.kind === 'web-usb') {
    const { serial } = await import('web-serial-polyfill');
    return openWebSerial((await serial.getPorts()) as readonly SerialPortLike[], target);
  }
  return refuse('no-link', 'This browser cannot open that kind of connection.');
}

function virtualOptions(target: Extract<LinkTarget, { kind: 'virtual' }>) {
  const { speed, name, seed } = target;
  return { speed, ...(name === undefined ? {} : { name }), ...(seed === undefined ? {} : { seed }) };
}

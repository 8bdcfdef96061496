import { createServer, type Server, type Socket } from 'node:net';
import { systemClock } from '../../base/index.ts';
import { VirtualFirmware, type VirtualOptions } from '../virtual/index.ts';

/**
 * A virtual printer that others connect to by TCP, as a serial port shared over the network is: the firmware lives from the first
 * connection on, and knows nothing of connections. One host at a time; a second one takes the wire over.
 */
export function serveVirtual(options: VirtualOptions, host: string, port: number): Promise<Server> {
  let host1: Socket | undefined;
  const firmware = new VirtualFirmware(options, systemClock, {
    send: (bytes) => host1?.write(bytes),
    unplug: () => host1?.destroy(),
  });
  firmware.powerOn();
  const server = createServer({ noDelay: true }, (socket) => {
    host1?.destroy();
    host1 = socket;
    socket.on('data', (bytes: Buffer) => firmware.receive(bytes));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (host1 === socket) host1 = undefined;
    });
  });
  server.on('close', () => firmware.retire());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

import { expect } from 'vitest';
import { type Bytes, silentLog } from '../base/index.ts';
import { PrinterHost, type HostOptions } from './host.ts';
import type { PrinterState, PrintJob, PrintOutcome } from './port.ts';
import { JumpingClock, jobOf } from './test-kit.ts';
import { VirtualLink, type VirtualOptions } from './virtual/index.ts';

/** A small print: heats, homes, draws lines, cools. */
export const square = [
  'M140 S60',
  'M104 S200',
  'M190 S60',
  'M109 S200',
  'G28',
  'M83',
  ...Array.from({ length: 40 }, (_, i) => `G1 X${10 + (i % 2) * 50} Y${10 + i} E0.5 F3000`),
  'M104 S0',
  'M140 S0',
].join('\n');

/** A virtual printer and its host on one jumping clock, with what was sent and which states were shown. */
export class Room {
  readonly clock = new JumpingClock();
  readonly link: VirtualLink;
  readonly host: PrinterHost;
  readonly states: PrinterState[] = [];
  readonly sent: string[] = [];

  constructor(options: VirtualOptions = {}, hostOptions: HostOptions = {}) {
    this.link = new VirtualLink({ record: true, ...options }, this.clock);
    this.host = new PrinterHost(this.link, this.clock, silentLog, hostOptions);
    this.host.onStatus(({ state }) => {
      if (this.states.at(-1) !== state) this.states.push(state);
    });
    this.host.onTerminal((line) => {
      if (line.direction === 'sent') this.sent.push(line.text.replace(/^N\d+ (.*)\*\d+$/, '$1'));
    });
  }

  async connect(): Promise<this> {
    expect(await this.clock.until(this.host.connect())).toMatchObject({ ok: true });
    return this;
  }

  begin(gcode: string | Bytes, more: Partial<PrintJob> = {}): Promise<PrintOutcome> {
    const begun = this.host.print(jobOf(gcode, more));
    if (!begun.ok) throw new Error(begun.refusal.text);
    return begun.value;
  }

  async reach(state: PrinterState): Promise<void> {
    await this.clock.until(
      new Promise<void>((resolve) => {
        if (this.host.status().state === state) resolve();
        const stop = this.host.onStatus((status) => {
          if (status.state !== state) return;
          stop();
          resolve();
        });
      }),
    );
  }

  get record(): readonly number[] {
    return this.link.firmware.machine.record;
  }
}

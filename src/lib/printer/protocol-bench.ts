import { utf8 } from '../base/index.ts';
import { Marlin } from './marlin.ts';
import type { ProtocolEffect, ProtocolEvent } from './protocol.ts';

/** For tests: the machine with a clock and a record of what it did. */
export class Bench {
  readonly machine = new Marlin();
  nowMs = 0;
  effects: ProtocolEffect[] = [];

  step(event: ProtocolEvent): this {
    this.effects.push(...this.machine.step(event));
    return this;
  }
  say(...lines: string[]): this {
    return this.step({
      type: 'bytes',
      atMs: this.nowMs,
      bytes: utf8(lines.map((line) => `${line}\n`).join('')),
    });
  }
  command(...commands: string[]): this {
    for (const command of commands) this.step({ type: 'command', atMs: this.nowMs, command, id: 0 });
    return this;
  }
  /** Time up to just after the next deadline. */
  wait(): number {
    const before = this.nowMs;
    this.nowMs = this.machine.deadlineMs();
    this.step({ type: 'time', atMs: this.nowMs });
    return this.nowMs - before;
  }
  /** The lines sent since the last call, without checksums. */
  sent(): string[] {
    const sent = this.effects.flatMap((effect) =>
      effect.type === 'write' && effect.text !== '' ? [effect.text.replace(/\*\d+$/, '')] : [],
    );
    this.effects = this.effects.filter((effect) => effect.type !== 'write');
    return sent;
  }
  of<Type extends ProtocolEffect['type']>(type: Type): Extract<ProtocolEffect, { type: Type }>[] {
    return this.effects.filter(
      (effect): effect is Extract<ProtocolEffect, { type: Type }> => effect.type === type,
    );
  }
}

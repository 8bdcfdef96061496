import type { Temperatures } from './port.ts';
import type { ProtocolEffect } from './protocol.ts';
import {
  readArea,
  readCapability,
  readIdentity,
  readPosition,
  readTarget,
  readTemperatures,
} from './replies.ts';

/** What a printer's lines say about the printer, as effects. Remembers temperatures, because lines tell them in parts. */
export class Values {
  #temperatures: Temperatures = { tools: [] };

  read(line: string, into: ProtocolEffect[]): void {
    const temperatures = readTemperatures(line, this.#temperatures);
    if (temperatures !== undefined) this.#tell(temperatures, into);
    if (line.includes('X:')) {
      const position = readPosition(line);
      if (position !== undefined) into.push({ type: 'position', position });
    }
    if (line.startsWith('Target')) {
      const target = readTarget(line);
      if (target !== undefined) this.#tell(this.#withTarget(target.tool, target.targetC), into);
    }
    const capability = readCapability(line);
    if (capability !== undefined) into.push({ type: 'capability', ...capability });
    const words = readIdentity(line);
    if (words !== undefined) into.push({ type: 'identity', words });
    const area = readArea(line);
    if (area !== undefined) into.push({ type: 'area', ...area });
  }

  #tell(temperatures: Temperatures, into: ProtocolEffect[]): void {
    this.#temperatures = temperatures;
    into.push({ type: 'temperatures', temperatures });
  }

  #withTarget(of: number | 'bed', targetC: number): Temperatures {
    const tools = [...this.#temperatures.tools];
    if (of === 'bed')
      return { ...this.#temperatures, bed: { actualC: this.#temperatures.bed?.actualC ?? 0, targetC } };
    tools[of] = { actualC: tools[of]?.actualC ?? 0, targetC };
    return { ...this.#temperatures, tools: Array.from(tools, (tool) => tool ?? { actualC: 0, targetC: 0 }) };
  }
}

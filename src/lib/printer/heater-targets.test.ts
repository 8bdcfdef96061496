import { describe, expect, test } from 'vitest';
import { HeaterTargets } from './heater-targets.ts';
import type { Temperatures } from './port.ts';

const told = (nozzle: number, bed: number): Temperatures => ({
  tools: [{ actualC: 20, targetC: nozzle }],
  bed: { actualC: 20, targetC: bed },
});

function targets(...sent: string[]): HeaterTargets {
  const made = new HeaterTargets();
  for (const line of sent) made.sent(line);
  return made;
}

const of = ({ tools, bed, chamber }: Temperatures) => [
  ...tools.map((tool) => tool.targetC),
  bed?.targetC,
  ...(chamber ? [chamber.targetC] : []),
];

describe('targets of heaters', () => {
  test('are what was sent, however a noisy line tells them', () => {
    const made = targets('N1001 M104 S215*33', 'M190 R60');
    made.told(told(21, 600));
    expect(of(made.corrected(told(21, 600)))).toEqual([215, 60]);
  });

  test('go by the tool that is named, or else by the one that was chosen last', () => {
    const made = targets('M104 T1 S200', 'T1', 'M109 S210', 'T0', 'M104 S190', 'M141 S45');
    const part = { actualC: 0, targetC: 0 };
    expect(of(made.corrected({ tools: [part, part], bed: part, chamber: part }))).toEqual([190, 210, 0, 45]);
  });

  test('of heaters that nobody set here are what the printer tells, if a printer can have that', () => {
    expect(of(targets().corrected(told(205, 600)))).toEqual([205, 0]);
  });

  test('follow a person at the printer’s display once three reports in a row say so', () => {
    const made = targets('M104 S215', 'M140 S60');
    made.told(told(230, 60));
    made.told(told(230, 60));
    expect(of(made.corrected(told(230, 60)))).toEqual([215, 60]);
    made.told(told(215, 60));
    made.told(told(230, 60));
    made.told(told(230, 60));
    made.told(told(230, 60));
    expect(of(made.corrected(told(230, 60)))).toEqual([230, 60]);
  });

  test('stay when firmware switches a heater off by itself while it waits for a person', () => {
    const made = targets('M104 S215');
    for (let i = 0; i < 10; i++) made.told(told(0, 0));
    expect(of(made.corrected(told(0, 0)))[0]).toBe(215);
  });

  test('are forgotten at a reset', () => {
    const made = targets('M104 S215');
    made.reset();
    expect(of(made.corrected(told(0, 0)))[0]).toBe(0);
  });

  test('are not read from other commands', () => {
    expect(of(targets('M1045 S9', 'M106 S255', 'G1 X1', 'M117 T0 S5', 'M104').corrected(told(0, 0)))).toEqual(
      [0, 0],
    );
  });
});

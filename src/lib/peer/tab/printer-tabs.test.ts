import { describe, expect, test } from 'vitest';
import type { PrinterId, Result } from '../../base/index.ts';
import { JumpingClock } from '../../printer/test-kit.ts';
import type { LocalPrinter } from '../printer-api.ts';
import { PrinterTabs, type TabMessage } from './printer-tabs.ts';

const mill = 'mill' as PrinterId;

/** Tabs of one browser: what one says, the others hear a turn later. */
class Browser {
  readonly clock = new JumpingClock();
  readonly tabs = new Map<string, PrinterTabs>();
  readonly held = new Set<PrinterId>();
  readonly done: string[] = [];
  deaf = new Set<string>();

  open(tab: string, printers: readonly PrinterId[] = []): PrinterTabs {
    for (const printer of printers) this.held.add(printer);
    const views = printers.map((printer) => ({ printer, terminal: [{ id: 1 }] }) as unknown as LocalPrinter);
    const opened = new PrinterTabs({
      tab,
      clock: this.clock,
      post: (message: TabMessage) => {
        for (const [name, other] of this.tabs)
          if (name !== tab && !this.deaf.has(name))
            queueMicrotask(() => other.receive(structuredClone(message)));
      },
      own: () => views,
      carryOut: (printer, method, args) => {
        this.done.push(`${tab} ${method} ${printer} ${args.join(' ')}`.trim());
        return Promise.resolve({ ok: true, value: undefined });
      },
      held: () => Promise.resolve(this.held),
      changed: () => undefined,
    });
    this.tabs.set(tab, opened);
    return opened;
  }

  /** Lets everything arrive. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }
}

async function two() {
  const browser = new Browser();
  const first = browser.open('first', [mill]);
  const second = browser.open('second');
  await browser.settle();
  return { browser, first, second };
}

const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.refusal.code);

describe('tabs of one browser', () => {
  test('a second tab sees the printers of the first, without their terminal', async () => {
    const { second } = await two();
    expect(second.elsewhere()).toMatchObject([{ printer: mill, control: 'elsewhere', terminal: [] }]);
  });

  test('it may stop at once, and nothing else before the other tab has agreed', async () => {
    const { browser, second } = await two();
    expect(codeOf(await second.call(mill, 'pause', []))).toBe('no-control');
    expect(codeOf(await second.call(mill, 'stop', []))).toBe('ok');
    expect(browser.done).toEqual(['first stop mill']);
  });

  test('controls are lent by a person there, used from here, and given back', async () => {
    const { browser, first, second } = await two();
    const asked = second.ask(mill);
    await browser.settle();
    expect(first.controlOf(mill)).toEqual({ control: 'here', controlAsked: true });
    first.answer(mill, true);
    expect(codeOf(await asked)).toBe('ok');
    await browser.settle();
    expect(first.controlOf(mill).control).toBe('lent');
    expect(second.elsewhere()).toMatchObject([{ control: 'borrowed', terminal: [{ id: 1 }] }]);
    expect(codeOf(await second.call(mill, 'send', ['M114']))).toBe('ok');
    expect(browser.done).toEqual(['first send mill M114']);
    second.end(mill);
    await browser.settle();
    expect(first.controlOf(mill).control).toBe('here');
    expect(codeOf(await second.call(mill, 'send', ['M114']))).toBe('no-control');
  });

  test('a no is a no, and what was lent can be taken back', async () => {
    const { browser, first, second } = await two();
    const refused = second.ask(mill);
    await browser.settle();
    first.answer(mill, false);
    expect(codeOf(await refused)).toBe('kept');
    const asked = second.ask(mill);
    await browser.settle();
    first.answer(mill, true);
    await asked;
    first.end(mill);
    await browser.settle();
    expect(second.elsewhere()).toMatchObject([{ control: 'elsewhere' }]);
    expect(codeOf(await second.call(mill, 'pause', []))).toBe('no-control');
  });

  test('a tab that does not answer is told apart from a person who does not', async () => {
    const { browser, second } = await two();
    const ringing = second.ask(mill);
    expect(codeOf(await browser.clock.until(ringing))).toBe('nobody-there');
    browser.deaf.add('first');
    expect(codeOf(await browser.clock.until(second.ask(mill)))).toBe('no-answer');
  });

  test('a third tab cannot take what is lent', async () => {
    const { browser, first, second } = await two();
    const asked = second.ask(mill);
    await browser.settle();
    first.answer(mill, true);
    await asked;
    const third = browser.open('third');
    await browser.settle();
    expect(codeOf(await third.ask(mill))).toBe('lent');
    expect(codeOf(await third.call(mill, 'stop', []))).toBe('ok');
  });

  test('a tab that closed takes its printers along, also when it was killed', async () => {
    const { browser, first, second } = await two();
    first.close();
    await browser.settle();
    expect(second.elsewhere()).toEqual([]);

    const again = await two();
    again.browser.tabs.delete('first');
    again.browser.held.clear();
    await again.browser.clock.pass(10_000);
    expect(again.second.elsewhere()).toEqual([]);
  });

  test('the borrower’s tab closed: the controls are back', async () => {
    const { browser, first, second } = await two();
    const asked = second.ask(mill);
    await browser.settle();
    first.answer(mill, true);
    await asked;
    second.close();
    await browser.settle();
    expect(first.controlOf(mill).control).toBe('here');
  });
});

import { expect, test } from 'vitest';
import { type ScreenHold, ScreenWake } from './screen-wake.ts';

class Hold implements ScreenHold {
  released = false;
  #listener: (() => void) | undefined;
  release(): Promise<void> {
    this.released = true;
    this.#listener?.();
    return Promise.resolve();
  }
  addEventListener(_type: 'release', listener: () => void): void {
    this.#listener = listener;
  }
}

/** A browser that grants when it is told to. */
class Browser {
  visible = true;
  changes = 0;
  readonly holds: Hold[] = [];
  readonly #asked: ((hold: ScreenHold | undefined) => void)[] = [];
  readonly wake = new ScreenWake({
    request: () => new Promise((resolve) => this.#asked.push(resolve)),
    visible: () => this.visible,
    onChange: () => (this.changes += 1),
  });

  get asked(): number {
    return this.#asked.length;
  }
  grant(): void {
    const hold = new Hold();
    this.holds.push(hold);
    this.#asked.shift()?.(hold);
  }
  refuse(): void {
    this.#asked.shift()?.(undefined);
  }
}

test('the screen is held while a print runs, and let go with its end', async () => {
  const browser = new Browser();
  const wanted = browser.wake.want(true);
  browser.grant();
  await wanted;
  expect(browser.wake.held).toBe(true);
  await browser.wake.want(false);
  expect(browser.wake.held).toBe(false);
  expect(browser.changes).toBe(2);
});

test('it is asked for once, however many reports of a print come before the browser answers', async () => {
  const browser = new Browser();
  const all = [browser.wake.want(true), browser.wake.want(true), browser.wake.want(true)];
  expect(browser.asked).toBe(1);
  browser.grant();
  await Promise.all(all);
  await browser.wake.want(true);
  expect(browser.asked).toBe(0);
  expect(browser.holds).toHaveLength(1);
});

test('a print that ends before the browser answers leaves no screen on', async () => {
  const browser = new Browser();
  const begun = browser.wake.want(true);
  const ended = browser.wake.want(false);
  browser.grant();
  await Promise.all([begun, ended]);
  expect(browser.holds[0]?.released).toBe(true);
  expect(browser.wake.held).toBe(false);
});

test('a hidden page does not ask; shown again, it does, also after the browser let go', async () => {
  const browser = new Browser();
  browser.visible = false;
  await browser.wake.want(true);
  expect(browser.asked).toBe(0);
  browser.visible = true;
  const shown = browser.wake.want(true);
  browser.grant();
  await shown;
  await browser.holds[0]?.release();
  expect(browser.wake.held).toBe(false);
  const again = browser.wake.want(true);
  browser.grant();
  await again;
  expect(browser.wake.held).toBe(true);
});

test('a refusal is told as a screen that is not kept on, and asked again with the next report', async () => {
  const browser = new Browser();
  const first = browser.wake.want(true);
  browser.refuse();
  await first;
  expect(browser.wake.held).toBe(false);
  const second = browser.wake.want(true);
  expect(browser.asked).toBe(1);
  browser.grant();
  await second;
  expect(browser.wake.held).toBe(true);
});

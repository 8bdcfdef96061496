import { type Clock, type PrinterId, type Result, refuse } from '../../base/index.ts';
import type { LocalPrinter } from '../printer-api.ts';
import { tabAnswerMs, tabPersonMs, tabViewsMs, tabsLookMs } from '../limits.ts';

/** What tabs of one browser say to each other of their printers. All of them run this code, from this origin. */
export type TabMessage =
  | { readonly kind: 'who'; readonly from: string }
  | { readonly kind: 'gone'; readonly from: string }
  | { readonly kind: 'printers'; readonly from: string; readonly printers: readonly LocalPrinter[] }
  | {
      readonly kind: 'call';
      readonly from: string;
      readonly to: string;
      readonly id: number;
      readonly printer: PrinterId;
      readonly method: string;
      readonly args: readonly unknown[];
    }
  /** The question has arrived and stands before the person there. */
  | { readonly kind: 'ringing'; readonly to: string; readonly id: number }
  | { readonly kind: 'reply'; readonly to: string; readonly id: number; readonly value: unknown };

export interface TabsPorts {
  /** Names this tab for as long as it lives. */
  readonly tab: string;
  readonly clock: Clock;
  post(message: TabMessage): void;
  /** The printers of this tab. */
  own(): readonly LocalPrinter[];
  /** Carries out what a tab with the controls asks of a printer of ours. */
  carryOut(printer: PrinterId, method: string, args: readonly unknown[]): Promise<unknown>;
  /** The printers that some tab of this browser holds. */
  held(): Promise<ReadonlySet<PrinterId>>;
  changed(): void;
}

interface Elsewhere {
  readonly tab: string;
  readonly printer: LocalPrinter;
}

interface Waiting {
  resolve(value: unknown): void;
  cancelTimer(): void;
}

/** What needs no right: to stop, to ask for the controls, to look. */
const free: readonly string[] = ['stop', 'askControl', 'temperatures'];

/**
 * The printers of the other tabs of this browser, and who has the controls of which. A port cannot change tabs under
 * a print, so what is lent is the right to ask: the tab that has the printer carries out what the borrower wants.
 * The emergency stop needs no right.
 */
export class PrinterTabs {
  readonly #ports: TabsPorts;
  readonly #elsewhere = new Map<PrinterId, Elsewhere>();
  readonly #lentTo = new Map<PrinterId, string>();
  readonly #asked = new Map<PrinterId, { readonly from: string; readonly id: number }>();
  readonly #borrowed = new Set<PrinterId>();
  readonly #waiting = new Map<number, Waiting>();
  /** Tabs that want to see our printers. */
  readonly #watchers = new Set<string>();
  #nextId = 1;
  #cancelViews: (() => void) | undefined;
  #cancelLook: (() => void) | undefined;

  constructor(ports: TabsPorts) {
    this.#ports = ports;
    ports.post({ kind: 'who', from: ports.tab });
  }

  /** Printers of other tabs, as this tab may use them. */
  elsewhere(): readonly LocalPrinter[] {
    return [...this.#elsewhere.values()].map(({ printer }) => ({
      ...printer,
      control: this.#borrowed.has(printer.printer) ? 'borrowed' : 'elsewhere',
      controlAsked: false,
    }));
  }

  has(printer: PrinterId): boolean {
    return this.#elsewhere.has(printer);
  }

  /** Who has the controls of a printer of ours. */
  controlOf(printer: PrinterId): Pick<LocalPrinter, 'control' | 'controlAsked'> {
    return {
      control: this.#lentTo.has(printer) ? 'lent' : 'here',
      controlAsked: this.#asked.has(printer),
    };
  }

  receive(message: TabMessage): void {
    const { tab } = this.#ports;
    switch (message.kind) {
      case 'who':
        this.#watchers.add(message.from);
        this.#tellNow();
        return;
      case 'gone':
        this.#forget(message.from);
        return;
      case 'printers':
        // Whoever shows printers wants to see ours.
        if (!this.#watchers.has(message.from)) {
          this.#watchers.add(message.from);
          if (this.#ports.own().length > 0) this.#tellNow();
        }
        this.#takeViews(message.from, message.printers);
        return;
      case 'call':
        if (message.to === tab) void this.#answerCall(message);
        return;
      case 'ringing':
        if (message.to === tab) this.#extend(message.id);
        return;
      case 'reply':
        if (message.to === tab) this.#settle(message.id, message.value);
    }
  }

  /** A printer of ours changed. */
  changed(): void {
    if (this.#watchers.size === 0) return;
    this.#cancelViews ??= this.#ports.clock.after(tabViewsMs, () => this.#tellNow());
  }

  /** Asks the tab that has the printer to do something with it. */
  call<T>(printer: PrinterId, method: string, args: readonly unknown[]): Promise<Result<T>> {
    const known = this.#elsewhere.get(printer);
    if (known === undefined)
      return Promise.resolve(refuse('not-found', 'This printer is not connected in this browser.'));
    if (!free.includes(method) && !this.#borrowed.has(printer)) {
      return Promise.resolve(
        refuse('no-control', 'Another tab of this browser has this printer. Ask it for the controls first.'),
      );
    }
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const cancelTimer = this.#ports.clock.after(tabAnswerMs, () => this.#settle(id, unanswered));
      this.#waiting.set(id, { resolve: (value) => resolve(value as Result<T>), cancelTimer });
      const { tab } = this.#ports;
      this.#ports.post({ kind: 'call', from: tab, to: known.tab, id, printer, method, args });
    });
  }

  async ask(printer: PrinterId): Promise<Result<undefined>> {
    const answer = await this.call<undefined>(printer, 'askControl', []);
    if (answer.ok) {
      this.#borrowed.add(printer);
      this.#ports.changed();
    }
    return answer;
  }

  /** The person at this tab answers. */
  answer(printer: PrinterId, grant: boolean): void {
    const asked = this.#asked.get(printer);
    if (asked === undefined) return;
    this.#asked.delete(printer);
    if (grant) this.#lentTo.set(printer, asked.from);
    const value = grant
      ? { ok: true, value: undefined }
      : refuse('kept', 'The other tab keeps the controls.');
    this.#ports.post({ kind: 'reply', to: asked.from, id: asked.id, value });
    this.#tellNow();
    this.#ports.changed();
  }

  /** Takes lent controls back, or gives borrowed ones back. */
  end(printer: PrinterId): void {
    if (this.#borrowed.delete(printer)) {
      const known = this.#elsewhere.get(printer);
      const { tab } = this.#ports;
      if (known !== undefined) {
        this.#ports.post({
          kind: 'call',
          from: tab,
          to: known.tab,
          id: 0,
          printer,
          method: 'giveBack',
          args: [],
        });
      }
    }
    this.#lentTo.delete(printer);
    this.#tellNow();
    this.#ports.changed();
  }

  /** This tab is closing. */
  close(): void {
    this.#cancelViews?.();
    this.#cancelLook?.();
    this.#ports.post({ kind: 'gone', from: this.#ports.tab });
  }

  async #answerCall(call: Extract<TabMessage, { kind: 'call' }>): Promise<void> {
    const { from, id, printer, method, args } = call;
    const reply = (value: unknown) => this.#ports.post({ kind: 'reply', to: from, id, value });
    if (!this.#ports.own().some((own) => own.printer === printer)) {
      reply(refuse('not-found', 'That tab does not have this printer any more.'));
      return;
    }
    if (method === 'giveBack') {
      if (this.#lentTo.get(printer) === from) this.end(printer);
      return;
    }
    if (method === 'askControl') {
      if (this.#asked.has(printer) || this.#lentTo.has(printer)) {
        reply(refuse('lent', 'A third tab has asked for the controls already.'));
        return;
      }
      this.#asked.set(printer, { from, id });
      this.#ports.post({ kind: 'ringing', to: from, id });
      this.#ports.changed();
      return;
    }
    if (!free.includes(method) && this.#lentTo.get(printer) !== from) {
      reply(refuse('no-control', 'The other tab has taken the controls back.'));
      return;
    }
    reply(await this.#ports.carryOut(printer, method, args));
  }

  #takeViews(tab: string, printers: readonly LocalPrinter[]): void {
    for (const [id, known] of this.#elsewhere)
      if (known.tab === tab && !printers.some(({ printer }) => printer === id)) this.#drop(id);
    for (const printer of printers) {
      this.#elsewhere.set(printer.printer, { tab, printer });
      if (printer.control !== 'lent') this.#borrowed.delete(printer.printer);
    }
    if (this.#elsewhere.size > 0) this.#scheduleLook();
    this.#ports.changed();
  }

  #forget(tab: string): void {
    this.#watchers.delete(tab);
    for (const [id, known] of this.#elsewhere) if (known.tab === tab) this.#drop(id);
    for (const [printer, to] of this.#lentTo) if (to === tab) this.#lentTo.delete(printer);
    for (const [printer, { from }] of this.#asked) if (from === tab) this.#asked.delete(printer);
    this.#ports.changed();
  }

  #drop(printer: PrinterId): void {
    this.#elsewhere.delete(printer);
    this.#borrowed.delete(printer);
  }

  /** A tab that was killed says no goodbye, but its hold on the printer ends. */
  #scheduleLook(): void {
    this.#cancelLook ??= this.#ports.clock.after(tabsLookMs, () => {
      this.#cancelLook = undefined;
      void this.#look();
    });
  }

  async #look(): Promise<void> {
    const held = await this.#ports.held();
    let dropped = false;
    for (const id of this.#elsewhere.keys()) {
      if (held.has(id)) continue;
      this.#drop(id);
      dropped = true;
    }
    if (dropped) this.#ports.changed();
    if (this.#elsewhere.size > 0) this.#scheduleLook();
  }

  #tellNow(): void {
    this.#cancelViews?.();
    this.#cancelViews = undefined;
    if (this.#watchers.size === 0) return;
    const printers = this.#ports.own().map((printer) => {
      const { control, controlAsked } = this.controlOf(printer.printer);
      // Who only looks needs no terminal; who controls does.
      return { ...printer, control, controlAsked, terminal: control === 'lent' ? printer.terminal : [] };
    });
    this.#ports.post({ kind: 'printers', from: this.#ports.tab, printers });
  }

  #extend(id: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    waiting.cancelTimer();
    const cancelTimer = this.#ports.clock.after(tabPersonMs, () => this.#settle(id, nobodyThere));
    this.#waiting.set(id, { ...waiting, cancelTimer });
  }

  #settle(id: number, value: unknown): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    waiting.cancelTimer();
    waiting.resolve(value);
  }
}

const unanswered = refuse(
  'no-answer',
  'The tab that has this printer does not answer. If it is closed or hangs, say so; then the printer can be connected here.',
);
const nobodyThere = refuse(
  'nobody-there',
  'Nobody has answered in the other tab yet. Its question still stands there.',
);

import * as v from 'valibot';
import { type Log, encode, parse } from '../../base/index.ts';
import type { Store } from '../../storage/port.ts';
import { ownRelaysMax, relayCharsMax } from '../limits.ts';

/** Stands in the table `settings`. */
const recordKey = 'relays';
/** A character of an address takes at most three bytes. */
const recordBytesMax = 2 * ownRelaysMax * (3 * relayCharsMax + 8) + 64;

const addresses = v.pipe(v.array(v.pipe(v.string(), v.maxLength(relayCharsMax))), v.maxLength(ownRelaysMax));
export const ownRelaysSchema = v.strictObject({ v: v.literal(1), added: addresses, removed: addresses });

export interface OwnRelaysPorts {
  readonly store: Pick<Store, 'get' | 'put'>;
  /** What queues name: in use as long as they do, and not added here by being listed with the rest. */
  readonly named: () => ReadonlySet<string>;
  readonly onChange: () => void;
  readonly log: Log;
}

/**
 * Relays that this browser uses besides those that its queues name: the ones that serve the app to its pages, and those that a person added.
 * What a person added or removed stays so over a restart.
 */
export class OwnRelays implements Iterable<string> {
  readonly #ports: OwnRelaysPorts;
  readonly #serving = new Set<string>();
  #added: readonly string[] = [];
  #removed: readonly string[] = [];

  constructor(ports: OwnRelaysPorts) {
    this.#ports = ports;
  }

  /** A record that cannot be read is no choice. */
  async load(): Promise<void> {
    const bytes = await this.#ports.store.get('settings', recordKey);
    if (bytes === undefined) return;
    const record = parse(ownRelaysSchema, bytes, recordBytesMax);
    if (!record.ok) {
      this.#ports.log.warn(`the relays chosen on this browser cannot be read: ${record.refusal.text}`);
      return;
    }
    this.#added = record.value.added;
    this.#removed = record.value.removed;
  }

  /** A page was served by these. */
  serve(relays: Iterable<string>): void {
    for (const address of relays) this.#serving.add(address);
    this.#ports.onChange();
  }

  /** A person wants these, and of those that serve the app no others. Resolves when that is on the disk. */
  async choose(relays: readonly string[]): Promise<void> {
    const wanted = new Set(relays);
    const named = this.#ports.named();
    const before = new Set(this.#added);
    const isAdded = (address: string) =>
      before.has(address) || !(this.#serving.has(address) || named.has(address));
    this.#added = [...wanted].filter(isAdded).slice(0, ownRelaysMax);
    this.#removed = [...new Set([...this.#serving, ...this.#removed])]
      .filter((address) => !wanted.has(address))
      .slice(-ownRelaysMax);
    const record = { v: 1, added: [...this.#added], removed: [...this.#removed] };
    this.#ports.onChange();
    await this.#ports.store.put('settings', recordKey, encode(record));
  }

  [Symbol.iterator](): Iterator<string> {
    const removed = new Set(this.#removed);
    const serving = [...this.#serving].filter((address) => !removed.has(address));
    return new Set([...serving, ...this.#added]).values();
  }
}

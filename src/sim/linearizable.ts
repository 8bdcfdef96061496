/**
 * Linearizability of registers, after Wing and Gong with Lowe's memory of what was tried: is there an order of the operations, one at
 * a time, that keeps to real time and in which every read gives what was written last? Registers are independent of each other, so
 * each is judged alone (Herlihy and Wing: linearizability is local).
 */
export interface Operation {
  readonly key: number;
  readonly kind: 'read' | 'write';
  /** What was written, or what the read gave; 0 is the value before all writes. */
  readonly value: number;
  /** Moments of call and return, in any units. A call that nobody saw return has Infinity: it may have taken effect, or may yet, or never. */
  readonly called: number;
  readonly returned: number;
}

export interface Verdict {
  readonly result: 'linearizable' | 'not linearizable' | 'unknown';
  /** The register that could not be put in order. */
  readonly key?: number;
}

/** Attempts for one register before the checker gives up: milliseconds of work; histories of a run need a few hundred. */
const attemptsMax = 200_000;

export function checkLinearizable(history: readonly Operation[]): Verdict {
  const byKey = new Map<number, Operation[]>();
  for (const operation of history) {
    // A read that nobody saw return says nothing.
    if (operation.kind === 'read' && operation.returned === Infinity) continue;
    const list = byKey.get(operation.key);
    if (list === undefined) byKey.set(operation.key, [operation]);
    else list.push(operation);
  }
  let unknown: number | undefined;
  for (const [key, operations] of byKey) {
    const result = checkRegister(operations);
    if (result === false) return { result: 'not linearizable', key };
    if (result === undefined) unknown = key;
  }
  return unknown === undefined ? { result: 'linearizable' } : { result: 'unknown', key: unknown };
}

interface Choice {
  readonly at: number;
  readonly valueBefore: number;
}

/** True, false, or undefined when it takes too long. */
function checkRegister(unsorted: readonly Operation[]): boolean | undefined {
  const operations = [...unsorted].sort((a, b) => a.called - b.called);
  const count = operations.length;
  const taken = new Uint8Array(count);
  let toReturn = operations.filter((operation) => operation.returned !== Infinity).length;
  const tried = new Set<string>();
  const path: Choice[] = [];
  let value = 0;
  let first = 0;
  let from = 0;
  for (let attempts = 0; attempts < attemptsMax; attempts++) {
    if (toReturn === 0) return true;
    const at = nextChoice(operations, taken, first, from, value);
    const operation = at < 0 ? undefined : operations[at];
    if (operation !== undefined) {
      taken[at] = 1;
      const after = operation.kind === 'write' ? operation.value : value;
      const mark = `${after}|${first}|${markOf(taken, first)}`;
      if (tried.has(mark)) {
        taken[at] = 0;
        from = at + 1;
        continue;
      }
      tried.add(mark);
      path.push({ at, valueBefore: value });
      value = after;
      if (operation.returned !== Infinity) toReturn--;
      while (first < count && taken[first] === 1) first++;
      from = first;
      continue;
    }
    const last = path.pop();
    if (last === undefined) return false;
    taken[last.at] = 0;
    first = Math.min(first, last.at);
    value = last.valueBefore;
    if (operations[last.at]?.returned !== Infinity) toReturn++;
    from = last.at + 1;
  }
  return undefined;
}

/** The next operation, from `from` on, that may come now: called before any other open one returned, and a read must fit. */
function nextChoice(
  operations: readonly Operation[],
  taken: Uint8Array,
  first: number,
  from: number,
  value: number,
): number {
  let earliestReturn = Infinity;
  for (let i = first; i < operations.length; i++) {
    const operation = operations[i];
    if (operation === undefined || operation.called > earliestReturn) break;
    if (taken[i] === 0 && operation.returned < earliestReturn) earliestReturn = operation.returned;
  }
  for (let i = Math.max(first, from); i < operations.length; i++) {
    const operation = operations[i];
    if (operation === undefined || operation.called > earliestReturn) return -1;
    if (taken[i] === 1) continue;
    if (operation.kind === 'write' || operation.value === value) return i;
  }
  return -1;
}

function markOf(taken: Uint8Array, first: number): string {
  let last = taken.length;
  while (last > first && taken[last - 1] === 0) last--;
  return String.fromCharCode(...taken.subarray(first, last));
}

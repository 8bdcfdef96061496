/**
 * A fault is a broken invariant: the program's own picture of the world is wrong. It stops the replica (or
 * the print) that found it, loudly. An expected "no" is a `Refusal`, never a fault.
 */
export class Fault extends Error {
  override readonly name = 'Fault';
}

/** Throws a `Fault` unless the condition holds. Kept on in production. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Fault(message);
}

/** For the default branch of an exhaustive switch: the compiler proves that it is never reached. */
export function unreachable(value: never): never {
  throw new Fault(`unreachable: ${JSON.stringify(value)}`);
}

/** The value, or a `Fault` when it is missing. */
export function must<T>(value: T | undefined | null, message: string): T {
  if (value === undefined || value === null) throw new Fault(message);
  return value;
}

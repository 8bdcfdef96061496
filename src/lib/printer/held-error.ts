import { errorSettlesMs } from './limits.ts';
import { isErrorHead, type Reply } from './replies.ts';

/**
 * An error that is not judged yet: it may be a damaged harmless one, which the `Resend` that follows would show, or the
 * first half of a fatal one.
 */
export class HeldError {
  readonly text: string;
  readonly kind: 'pausing';
  readonly dueMs: number;

  constructor(text: string, kind: 'pausing', atMs: number) {
    this.text = text;
    this.kind = kind;
    this.dueMs = atMs + errorSettlesMs;
  }

  /** The whole text if this line is its second half. */
  joined(reply: Reply, line: string): string | undefined {
    if (reply.type !== 'other' || !isErrorHead(this.text)) return undefined;
    return line.trim().replace(/^:\s*/, '');
  }
}

import { findingText, idleText, nextText } from '../../words/index.ts';
import type { Choice } from '../choice.ts';

/** A choice with the sentences that a person reads, for tests. */
export function said(choice: Choice) {
  if (choice.kind === 'wait') return { kind: choice.kind, because: idleText(choice.because) };
  const { file, because, warnings } = choice;
  return { ...choice, because: nextText(file, because), warnings: warnings.map(findingText) };
}

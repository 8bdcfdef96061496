/** One question at a time that wants a yes or a no. */
export interface Question {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly no: string;
  readonly tone: 'main' | 'stop';
}

class Confirm {
  question: Question | undefined = $state.raw();
  #answer: ((yes: boolean) => void) | undefined;

  /** Resolves true for yes; Esc and everything else are a no. */
  ask(question: Question): Promise<boolean> {
    this.answer(false);
    this.question = question;
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  answer(yes: boolean): void {
    this.question = undefined;
    this.#answer?.(yes);
    this.#answer = undefined;
  }
}

export const confirm = new Confirm();

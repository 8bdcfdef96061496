import type { PrinterPrompt } from './port.ts';

/** The firmware's question as it is told line by line: `prompt_begin`, its buttons, `prompt_show`, `prompt_end`. */
export class Prompt {
  #text: string | undefined;
  #choices: string[] = [];
  #shown = false;

  /** The question, while it is to be answered. */
  get open(): PrinterPrompt | undefined {
    return this.#shown && this.#text !== undefined ? { text: this.#text, choices: this.#choices } : undefined;
  }

  /** Takes an action line. True if what is shown changed. */
  read(name: string, text: string): boolean {
    switch (name) {
      case 'prompt_begin':
        this.#text = text;
        this.#choices = [];
        this.#shown = false;
        return false;
      case 'prompt_choice':
      case 'prompt_button':
        this.#choices = [...this.#choices, text];
        return this.#shown;
      case 'prompt_show':
        this.#shown = true;
        return true;
      case 'prompt_end':
        this.close();
        return true;
      default:
        return false;
    }
  }

  close(): void {
    this.#text = undefined;
    this.#choices = [];
    this.#shown = false;
  }
}

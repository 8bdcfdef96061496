import { lastWordsBytesMax, lastWordsChannel } from './limits.ts';

/**
 * A data channel that is there from the start, agreed on without a word, for what a tab has to tell when it closes. A closing page can
 * still send on an open channel, but nothing reaches its worker any more, and no answer comes back: so the words are made before.
 */
export class LastWordsChannel {
  readonly #channel: RTCDataChannel;

  private constructor(channel: RTCDataChannel, onHeard: (words: ArrayBuffer) => void) {
    this.#channel = channel;
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data !== 'string' && data.byteLength <= lastWordsBytesMax) onHeard(data);
    };
  }

  /** Undefined where the browser gives no such channel: the others then find out by themselves, as when a browser is killed. */
  static open(
    connection: RTCPeerConnection,
    onHeard: (words: ArrayBuffer) => void,
  ): LastWordsChannel | undefined {
    try {
      const options = { negotiated: true, id: lastWordsChannel };
      return new LastWordsChannel(connection.createDataChannel('last-words', options), onHeard);
    } catch (error) {
      if (error instanceof DOMException || error instanceof TypeError) return undefined;
      throw error;
    }
  }

  say(words: ArrayBuffer): void {
    if (this.#channel.readyState === 'open') this.#channel.send(words);
  }

  mute(): void {
    this.#channel.onmessage = null;
  }
}

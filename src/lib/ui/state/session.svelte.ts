import { Fault } from '../../base/assert.ts';
import { messageOf, refuse } from '../../base/result.ts';
import type { Refusal, Result } from '../../base/result.ts';
import type { AppView, InterruptedPrint, LocalPrinter, PeerPrintClient, Settled } from '../../peer/api.ts';
import { toasts } from './toasts.svelte.ts';

/** The one peer of this page: connected once, watched by every page of the app. */
class Session {
  phase: 'connecting' | 'ready' | 'refused' = $state('connecting');
  refusal: Refusal | undefined = $state.raw();
  app: AppView | undefined = $state.raw();
  /** Printers wired to this tab. */
  locals: readonly LocalPrinter[] = $state.raw([]);
  /** Printers wired to other tabs of this browser. */
  elsewhere: readonly LocalPrinter[] = $state.raw([]);
  /** Prints whose tab ended under them. */
  interrupted: readonly InterruptedPrint[] = $state.raw([]);
  /** Commands of this page that have not settled. */
  saving = $state(0);
  #client: PeerPrintClient | undefined;

  /** Connects, or connects again after a refusal. The page may go on once `phase` is `ready`. */
  async connect(): Promise<void> {
    this.phase = 'connecting';
    const connected = await load();
    if (!connected.ok) {
      this.refusal = connected.refusal;
      this.phase = 'refused';
      return;
    }
    this.use(connected.value);
  }

  /** Shows this peer from now on. */
  use(client: PeerPrintClient): void {
    this.#client = client;
    client.printers.watch((printers) => (this.locals = printers));
    client.printers.watchElsewhere((printers) => (this.elsewhere = printers));
    client.printers.watchInterrupted((prints) => (this.interrupted = prints));
    client.watchApp((view) => {
      this.app = view;
      this.phase = 'ready';
    });
  }

  /** The peer. Only pages that are shown once it is connected may ask for it. */
  get client(): PeerPrintClient {
    if (this.#client === undefined) throw new Fault('the page asked for its peer before it was connected');
    return this.#client;
  }

  /** Asks the peer, and turns a peer that is gone into a refusal with a sentence. */
  async ask<T>(question: (client: PeerPrintClient) => Promise<Result<T>>): Promise<Result<T>> {
    try {
      return await question(this.client);
    } catch (error) {
      return gone(error);
    }
  }

  /** Sends a command, counts it as being saved meanwhile, and says so when it did not go well. */
  async command(
    send: (client: PeerPrintClient) => Promise<Settled>,
    retry?: { readonly label: string; readonly run: () => void },
  ): Promise<boolean> {
    return (await this.commit(send, retry)) !== undefined;
  }

  /** As `command`; the index under which it was committed. */
  async commit(
    send: (client: PeerPrintClient) => Promise<Settled>,
    retry?: { readonly label: string; readonly run: () => void },
  ): Promise<number | undefined> {
    this.saving++;
    try {
      const settled = await send(this.client);
      toasts.settled(settled, retry);
      return settled.kind === 'committed' ? settled.index : undefined;
    } catch (error) {
      toasts.refused(gone(error).refusal);
      return undefined;
    } finally {
      this.saving--;
    }
  }
}

function gone(error: unknown): { readonly ok: false; readonly refusal: Refusal } {
  return refuse(
    'peer-gone',
    `The app's own background process does not answer. Reload the page. (${messageOf(error)})`,
  );
}

async function load(): Promise<Result<PeerPrintClient>> {
  try {
    if (import.meta.env.DEV && import.meta.env.MODE === 'fake') {
      const { connectFake } = await import('../testing/fake-client.ts');
      return await connectFake(location.href);
    }
    const { connectPeer } = await import('../../peer/client.ts');
    return await connectPeer();
  } catch (error) {
    return refuse(
      'not-loaded',
      `A part of the app could not be loaded. Check the connection and reload. (${messageOf(error)})`,
    );
  }
}

export const session = new Session();

/**
 * What goes through the port between the worker and a tab. Connections are numbered by the worker; data channels
 * by whoever makes them: upwards from 1 by the worker, downwards from -1 by the tab. Numbers are never used again.
 */

/** Raised when an older tab could no longer be understood. A tab of another version is never made anchor. */
export const channelVersion = 1;

/** A session description, as both sides hand it on. */
export interface Description {
  readonly type: RTCSdpType;
  readonly sdp: string;
}

/** A call of a connection that has an answer. */
export type PeerRequest =
  | { readonly method: 'createOffer' }
  | { readonly method: 'createAnswer' }
  | {
      readonly method: 'setLocalDescription';
      readonly description: RTCLocalSessionDescriptionInit | undefined;
    }
  | { readonly method: 'setRemoteDescription'; readonly description: RTCSessionDescriptionInit }
  | { readonly method: 'addIceCandidate'; readonly candidate: RTCIceCandidateInit };

export interface PeerAnswer {
  /** What the call returned, when it returns a description. */
  readonly description: Description | undefined;
  /** The connection's local description after the call. */
  readonly local: Description | undefined;
}

/** A configuration whose certificates are named by number: they can't leave the tab that made them. */
export type ProxiedConfiguration = Omit<RTCConfiguration, 'certificates'> & {
  readonly certificates: readonly number[];
};

/** From the worker to a tab. */
export type ToTab =
  | { readonly kind: 'serve' }
  | { readonly kind: 'retire' }
  | { readonly kind: 'beat'; readonly count: number }
  | { readonly kind: 'certificate'; readonly certificate: number; readonly algorithm: AlgorithmIdentifier }
  | { readonly kind: 'peer-open'; readonly peer: number; readonly configuration: ProxiedConfiguration }
  | {
      readonly kind: 'peer-call';
      readonly peer: number;
      readonly call: number;
      readonly request: PeerRequest;
    }
  | { readonly kind: 'peer-close'; readonly peer: number }
  | {
      readonly kind: 'channel-open';
      readonly peer: number;
      readonly channel: number;
      readonly label: string;
      readonly options: RTCDataChannelInit;
    }
  | { readonly kind: 'channel-send'; readonly channel: number; readonly data: ArrayBuffer | string }
  | { readonly kind: 'channel-close'; readonly channel: number }
  /** What the tab is to tell every other side when it closes: it cannot ask then any more. Undefined for nothing. */
  | { readonly kind: 'last-words'; readonly data: ArrayBuffer | undefined };

/** How a data channel stands, told with each of its events. */
export interface ChannelState {
  readonly id: number | null;
  readonly readyState: RTCDataChannelState;
}

/** From a tab to the worker. */
export type ToWorker =
  | {
      readonly kind: 'hello';
      readonly version: number;
      /** The Web Lock that this tab holds for as long as it lives, where the page has Web Locks. */
      readonly lock: string | undefined;
      /** False in a browser without WebRTC: such a tab is never made anchor. */
      readonly able: boolean;
      readonly visible: boolean;
    }
  | { readonly kind: 'visible'; readonly visible: boolean }
  | { readonly kind: 'goodbye' }
  | { readonly kind: 'beat'; readonly count: number }
  | { readonly kind: 'answered'; readonly call: number; readonly answer: PeerAnswer }
  | { readonly kind: 'failed'; readonly call: number; readonly name: string; readonly text: string }
  | { readonly kind: 'peer-state'; readonly peer: number; readonly state: RTCPeerConnectionState }
  | { readonly kind: 'peer-candidate'; readonly peer: number; readonly candidate: RTCIceCandidateInit | null }
  | { readonly kind: 'peer-candidate-error'; readonly peer: number; readonly text: string }
  | {
      readonly kind: 'peer-channel';
      readonly peer: number;
      readonly channel: number;
      readonly label: string;
      readonly protocol: string;
      readonly state: ChannelState;
    }
  | { readonly kind: 'channel-state'; readonly channel: number; readonly state: ChannelState }
  | { readonly kind: 'channel-error'; readonly channel: number; readonly text: string }
  | { readonly kind: 'channel-message'; readonly channel: number; readonly data: ArrayBuffer | string }
  /** Bytes handed to the network since the channel was made: what else was sent is still on its way. */
  | { readonly kind: 'channel-sent'; readonly channel: number; readonly bytes: number }
  /** The last words of another side's tab. */
  | { readonly kind: 'heard-last-words'; readonly data: ArrayBuffer };

/** Bytes of a message as `bufferedAmount` counts them. */
export function sizeOf(data: ArrayBuffer | string): number {
  return typeof data === 'string' ? new TextEncoder().encode(data).length : data.byteLength;
}

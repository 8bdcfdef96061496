import { installRtcShim } from '../rtc/index.ts';

/**
 * Must be imported before anything that imports `@libp2p/webrtc`: that library takes RTCPeerConnection from the
 * global scope at the moment it is evaluated, and a worker has none until this has run.
 */
export const rtcHost = installRtcShim();

/** A link must fit a QR code that a phone reads from a screen: about 1,200 characters at a low error level. */
export const linkBytesMax = 1200;
/** Characters of a queue's name. The same limit holds in the queue's own rules. */
export const nameCharsMax = 80;
/** Relays named in a link: one may stay dead, a few more do no harm, many would swell the QR code. */
export const linkRelaysMax = 4;
/** Peers named in a link: enough that one of them is awake. */
export const linkPeersMax = 5;
/** Characters of one relay address. */
export const relayCharsMax = 200;

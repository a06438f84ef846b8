import { createHash } from 'node:crypto';

/** What stands for the subscriber's URL in what is signed over a WebSocket: no message can be taken for another one. */
export interface ConnectionUrls {
  /** Of the next message of the subscriber that is signed with a URL. */
  nextOfSubscriber(): string;
  /** Of the next message of the broadcaster that is signed with a URL; of a stream each part is one. */
  nextOfBroadcaster(): string;
}

/** Both sides make the nonce of the connection from theirs, 32 bytes each. */
export function connectionNonce(ofSubscriber: Uint8Array, ofBroadcaster: Uint8Array): string {
  return createHash('sha256').update(ofSubscriber).update(ofBroadcaster).digest('base64');
}

export function createConnectionUrls(nonce: string): ConnectionUrls {
  let ofSubscriber = 0;
  let ofBroadcaster = 0;
  const url = (counter: number) => `websocket:${nonce}:${counter.toString(16)}`;
  return {
    nextOfSubscriber: () => url((ofSubscriber -= 1)),
    nextOfBroadcaster: () => url((ofBroadcaster += 1)),
  };
}

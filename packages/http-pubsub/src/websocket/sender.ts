import type { Operation } from '../wire/auth/operation.ts';
import type { AuthScheme } from '../wire/auth/scheme.ts';
import { encodeSubscriberMessage } from '../wire/stateful/envelope.ts';
import type { SubscriberMessage } from '../wire/stateful/messages.ts';
import type { FrameSocket } from './frame-socket.ts';
import type { Lane } from './lane.ts';
import { createLane } from './lane.ts';

/** Sends the messages of a subscriber. What counts is their order: each is signed and written before the next one. */
export interface Sender {
  /** One message at a time; what belongs together is sent within one turn. */
  readonly inTurn: Lane;
  sign(operation: Operation, tracing?: Uint8Array): Promise<string | undefined>;
  /** Rejects with the reason once the connection has ended. */
  send(message: SubscriberMessage): Promise<void>;
  /** Bytes that the message has beside a payload. */
  overhead(message: SubscriberMessage): number;
}

export interface SenderOptions {
  readonly socket: FrameSocket;
  readonly scheme: AuthScheme;
  readonly minimal: boolean;
  /** Why nothing more can be sent. */
  readonly failure: () => Error | undefined;
}

export const nothing = new Uint8Array();

export function createSender({ socket, scheme, minimal, failure }: SenderOptions): Sender {
  return {
    inTurn: createLane(),
    sign: (operation, tracing = nothing) => scheme.sign(operation, tracing),
    async send(message) {
      const reason = failure();
      if (reason) throw reason;
      await socket.send(encodeSubscriberMessage(message, { minimal }));
    },
    overhead: (message) => encodeSubscriberMessage(message, { minimal }).length - message.payload.length,
  };
}

import type { Operation } from '../../wire/auth/operation.ts';
import type { AuthScheme } from '../../wire/auth/scheme.ts';
import { encodeBroadcasterMessage } from '../../wire/stateful/envelope.ts';
import type { BroadcasterMessage } from '../../wire/stateful/messages.ts';
import type { FrameSocket } from '../../websocket/frame-socket.ts';
import type { Lane } from '../../websocket/lane.ts';
import { createLane } from '../../websocket/lane.ts';

/** Sends the messages of a broadcaster to one socket, each signed and written before the next one. */
export interface OutgoingLane {
  readonly inTurn: Lane;
  sign(operation: Operation, tracing?: Uint8Array): Promise<string | undefined>;
  send(message: BroadcasterMessage): Promise<void>;
  /** Bytes that the message has beside a payload. */
  overhead(message: BroadcasterMessage): number;
}

export const nothing = new Uint8Array();

export function createOutgoingLane(
  socket: FrameSocket,
  { sign }: Pick<AuthScheme, 'sign'>,
  minimal: boolean,
): OutgoingLane {
  return {
    inTurn: createLane(),
    sign: (operation, tracing = nothing) => sign(operation, tracing),
    send: (message) => socket.send(encodeBroadcasterMessage(message, { minimal })),
    overhead: (message) => encodeBroadcasterMessage(message, { minimal }).length - message.payload.length,
  };
}

import type { Metadata, ServerDuplexStream } from '@grpc/grpc-js';
import type { Delivery } from './delivery.ts';
import type { ManagedRecord } from './managed-subscriptions.ts';
import type { Refusal } from './refusal.ts';
import { statusOf } from './refusal.ts';

/** A stream that is open. */
export interface StreamCall<Response> {
  readonly rpcId: string;
  /** With the access token. */
  readonly metadata: Metadata;
  /** From the first request on. */
  delivery: Delivery | undefined;
  /** Of a managed subscription. */
  record: ManagedRecord | undefined;
  send(response: Response): void;
  /** With a refusal, or as if all had been said. Responses that were sent before still go out. */
  end(refusal?: Refusal): void;
}

export interface StreamHandlers<Request, Response> {
  readonly onRequest: (request: Request, call: StreamCall<Response>) => void;
  /** Once, however it ends. */
  readonly onEnd: (call: StreamCall<Response>) => void;
}

export function streamCall<Request, Response>(
  stream: ServerDuplexStream<Request, Response>,
  rpcId: string,
  handlers: StreamHandlers<Request, Response>,
): StreamCall<Response> {
  let ended = false;
  const call: StreamCall<Response> = {
    rpcId,
    metadata: stream.metadata,
    delivery: undefined,
    record: undefined,
    send(response) {
      if (!ended) stream.write(response);
    },
    end(refusal) {
      if (ended) return;
      over();
      if (refusal) stream.emit('error', statusOf(refusal, rpcId));
      else stream.end();
    },
  };

  function over(): void {
    if (ended) return;
    ended = true;
    call.delivery?.stop();
    if (call.record) call.record.taken = false;
    handlers.onEnd(call);
  }

  stream.on('data', (request: Request) => {
    if (!ended) handlers.onRequest(request, call);
  });
  stream.on('end', () => call.end());
  stream.on('cancelled', over);
  stream.on('error', over);
  return call;
}

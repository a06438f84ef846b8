import type { ClientDuplexStream } from '@grpc/grpc-js';

export type Received<Response> =
  | { readonly response: Response }
  /** The stream has ended: with the server's error, or without one. */
  | { readonly response: undefined; readonly error: Error | undefined };

/** A call in which both sides send messages for as long as it lasts. */
export interface Stream<Request, Response> {
  /** Does nothing once the stream has ended. */
  send(request: Request): void;
  /** The responses in the order of the server, one a call; after the last one, the end. */
  next(): Promise<Received<Response>>;
  /** Ends it from this side: responses that wait are thrown away, and `next` answers with this end. */
  end(error?: Error): void;
}

/** Responses are kept until they are asked for. How many there can be is bounded by the events that were requested. */
export function startStream<Request, Response>(
  call: ClientDuplexStream<Request, Response>,
): Stream<Request, Response> {
  const responses: Response[] = [];
  let end: { readonly response: undefined; readonly error: Error | undefined } | undefined;
  let wake = () => {};

  function finish(error?: Error): void {
    end ??= { response: undefined, error };
    wake();
  }

  call.on('data', (response: Response) => {
    if (end) return;
    responses.push(response);
    wake();
  });
  call.on('error', finish);
  call.on('end', () => finish());

  return {
    send(request) {
      if (!end) call.write(request);
    },
    async next() {
      for (;;) {
        const response = responses.shift();
        if (response !== undefined) return { response };
        if (end) return end;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    end(error) {
      responses.length = 0;
      finish(error);
      call.cancel();
    },
  };
}

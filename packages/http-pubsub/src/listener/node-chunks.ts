import type { IncomingMessage } from 'node:http';

/**
 * What comes in of a message, nothing of it read ahead. A stream's own iterator is made for all streams, and costs several
 * times as much. Whoever stops reading leaves the message as it is: it can still be answered.
 */
export function chunksOf(message: IncomingMessage): AsyncIterator<Uint8Array> {
  let failure: Error | undefined;
  let wake = () => {};
  let listens = false;

  function listen(): void {
    listens = true;
    message.on('readable', () => wake());
    message.on('end', () => wake());
    message.on('close', () => wake());
    message.on('error', (error) => {
      failure = error;
      wake();
    });
  }

  return {
    async next() {
      if (!listens) listen();
      for (;;) {
        const chunk = message.read() as Buffer | null;
        if (chunk !== null) return { done: false, value: chunk };
        if (message.readableEnded) return { done: true, value: undefined };
        if (failure || message.destroyed) throw failure ?? new Error('The request was cut off.');
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

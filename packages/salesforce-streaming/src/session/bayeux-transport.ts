import type { OpenTransport } from '../transport.ts';
import { createArrivalQueue } from './arrival-queue.ts';
import { createBackPressure } from './back-pressure.ts';
import { createChannels } from './channels.ts';
import { createConnection } from './connection.ts';
import { createLineUp } from './line-up.ts';
import { createSubscriber } from './subscriber.ts';
import { createWire } from './wire.ts';

/** Reads by long polling. Streaming API guide: "How the Client Connects". */
export const openBayeux: OpenTransport = async (host) => {
  const { context, subscriptions } = host;
  let strict = host.firstOpen;
  const channels = createChannels();
  const queue = createArrivalQueue(() => {
    if (channels.anyPaused) connection.attend();
  });
  const backPressure = createBackPressure(queue, channels, context.clock);
  const wire = createWire(host, (events, by) => {
    if (connection.mayOvertake(events, by)) return;
    queue.push(channels.receive(events, { isFull: backPressure.isFull }));
  });
  const subscriber = createSubscriber({
    host,
    wire,
    channels,
    isStrict: () => strict,
    retry: () => connection.attend(),
  });
  const lineUp = createLineUp({ host, channels, queue, subscriber });
  const connection = createConnection({ host, wire, channels, lineUp, backPressure });
  const stopListening = subscriptions.onChange(connection.attend);

  function stop(): Promise<void> {
    stopListening();
    queue.end();
    for (const channel of channels.all) channel.cancelRetry?.();
    return connection.stop();
  }
  const onAbort = () => void stop();
  context.signal.addEventListener('abort', onAbort, { once: true });
  if (context.signal.aborted) onAbort();

  if (strict) {
    try {
      await connection.open();
    } catch (error) {
      await stop();
      throw error;
    }
    strict = false;
  }

  return {
    async *receive(demand) {
      connection.run().then(
        () => queue.end(),
        (error: Error) => queue.end(error),
      );
      yield* queue.read(demand);
    },
    details: () => ({ state: connection.state, waiting: queue.length, channels: channels.details() }),
    async close() {
      context.signal.removeEventListener('abort', onAbort);
      await stop();
    },
  };
};

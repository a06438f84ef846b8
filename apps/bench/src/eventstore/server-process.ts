import { eventStoreServer } from '@millrace/testing/eventstore';

import { serve } from '../process/serve.ts';
import { createEvent } from './bench-event.ts';
import type { ServerCalls } from './server.ts';

// In a process of its own, so that its CPU time is not the contenders'.
const server = await eventStoreServer();

serve({
  connectionString: () => server.connectionString,
  streamOf(events) {
    const stream = `orders-${events}`;
    if (server.read(stream).length === 0) {
      server.append(
        stream,
        Array.from({ length: events }, (_, number) => createEvent(number)),
      );
    }
    return stream;
  },
} satisfies ServerCalls);

import type { Contender } from '../measure/contender.ts';
import { startClient } from './client.ts';
import type { ReaderName } from './readers.ts';
import type { Server } from './server.ts';

/** Reads a stream in a process of its own. All contenders read the same ones, and leave them as they are. */
export function eventstoreContender(server: Server, name: string, reader: ReaderName): Contender {
  const client = startClient(reader);
  return {
    name,
    async prepare(messages) {
      const connectionString = await server.ask('connectionString');
      const stream = await server.ask('streamOf', messages);
      return {
        async run(stopwatch) {
          stopwatch.take(await client.ask('read', { connectionString, stream, messages }));
        },
        finish: () => client.ask('stop'),
      };
    },
    close: () => client.close(),
  };
}

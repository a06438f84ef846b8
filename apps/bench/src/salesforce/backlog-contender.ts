import type { Contender } from '../measure/contender.ts';
import { startClient } from './client.ts';
import type { Org } from './org.ts';
import type { ReaderName } from './readers.ts';

/** Reads a channel in a process of its own: measured from the handshake until the last event is handled. */
export function backlogContender(org: Org, name: string, reader: ReaderName, backlogs: Backlogs): Contender {
  const client = startClient(reader);
  return {
    name,
    async prepare(messages) {
      const { channel, position } = await backlogs.of(messages);
      const address = await org.ask('address');
      return {
        async run(stopwatch) {
          stopwatch.take(await client.ask('read', { org: address, channel, messages, oneMore: false }));
        },
        async finish() {
          assertPosition(await client.ask('stop'), position);
        },
      };
    },
    close: () => client.close(),
  };
}

/** Channels by how many events they have. All contenders read the same ones, and leave them as they are. */
export interface Backlogs {
  of(
    messages: number,
  ): Promise<{ readonly channel: string; /** Of the last event. */ readonly position: string }>;
}

export function createBacklogs(org: Org): Backlogs {
  const positions = new Map<number, Promise<string>>();
  return {
    async of(messages) {
      const channel = `/event/Backlog${messages}__e`;
      const filled = positions.get(messages) ?? org.ask('fill', channel, messages);
      positions.set(messages, filled);
      return { channel, position: await filled };
    },
  };
}

/** Throws when somebody would not go on after the last event. */
export function assertPosition(position: string, last: string): void {
  if (position !== last)
    throw new Error(`It would go on after ${position}, though the last event is ${last}.`);
}

import { setTimeout } from 'node:timers/promises';

import type { Contender } from '../measure/contender.ts';
import { assertPosition } from './backlog-contender.ts';
import { startClient } from './client.ts';
import type { Org, Trouble } from './org.ts';
import type { ReaderName } from './readers.ts';

export interface RecoveryOptions {
  readonly trouble: Trouble;
  /** Milliseconds for which a poll has hung before. */
  readonly calm: number;
}

/**
 * Reads a channel to its end and waits there: measured from the trouble, which meets the poll that hangs, until the
 * event published right after it is handled. Each trial begins with a reader that has had no trouble yet.
 */
export function recoveryContender(
  org: Org,
  name: string,
  reader: ReaderName,
  { trouble, calm }: RecoveryOptions,
): Contender {
  const client = startClient(reader);
  let trials = 0;
  return {
    name,
    async prepare(messages) {
      trials += 1;
      const channel = `/event/${name.replaceAll(/\W/g, '')}${trials}__e`;
      await org.ask('fill', channel, messages);
      const address = await org.ask('address');
      let last = '';
      return {
        async run(stopwatch) {
          await client.ask('read', { org: address, channel, messages, oneMore: true });
          await org.ask('pollHangs');
          await setTimeout(calm);
          const { at, position } = await org.ask('makeTrouble', trouble, channel, messages);
          const handled = await client.ask('next');
          last = position;
          stopwatch.take({ seconds: (handled.at - at) / 1_000, cpu: handled.cpu });
        },
        async finish() {
          assertPosition(await client.ask('stop'), last);
        },
      };
    },
    close: () => client.close(),
  };
}

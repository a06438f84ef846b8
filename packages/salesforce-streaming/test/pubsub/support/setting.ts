import type { ManualClock } from '@millrace/testing';
import { manualClock } from '@millrace/testing';
import type { SalesforceEmulator, SalesforceEmulatorOptions } from '@millrace/testing/salesforce';
import { salesforceEmulator } from '@millrace/testing/salesforce';
import type { PubSubEmulator, PubSubEmulatorOptions } from '@millrace/testing/salesforce-pubsub';
import { pubSubEmulator } from '@millrace/testing/salesforce-pubsub';
import { onTestFinished } from 'vitest';
import type { Reading, ReadOptions } from './reading.ts';
import { read } from './reading.ts';

export const orders = '/event/Order__e';

export interface Setting {
  readonly org: SalesforceEmulator;
  readonly pubsub: PubSubEmulator;
  readonly clock: ManualClock;
  /** Reads `/event/Order__e` unless told otherwise; ends with the test. */
  read(options?: Partial<ReadOptions>): Promise<Reading>;
  /** Publishes an event with these `N`s each. */
  publish(...numbers: readonly number[]): void;
}

/** An org with its Pub/Sub API, whose time stands still until it is told. */
export async function setUp(
  options: PubSubEmulatorOptions & Pick<SalesforceEmulatorOptions, 'channels'> = {},
): Promise<Setting> {
  const clock = manualClock();
  const { channels = { [orders]: {} }, ...pubSubOptions } = options;
  const org = await salesforceEmulator({ clock, channels });
  const pubsub = await pubSubEmulator(org, { clock, ...pubSubOptions });
  onTestFinished(async () => {
    await pubsub.close();
    await org.close();
  });
  return {
    org,
    pubsub,
    clock,
    async read(more) {
      const reading = await read({ org, pubsub, clock, channels: [orders], ...more });
      onTestFinished(reading.close);
      return reading;
    },
    publish(...numbers) {
      for (const number of numbers) org.publish(orders, { N: number });
    },
  };
}

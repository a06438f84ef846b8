import type { KafkaClient } from '../client/port.ts';
import { openAdmin } from './admin.ts';
import { createMember } from './member.ts';
import type { PlatformaticOptions } from './options.ts';
import { checkPlatformatic } from './options.ts';
import { openProducer } from './producer.ts';
import { openWire } from './wire.ts';

/**
 * The client port on `@platformatic/kafka`: `platformaticClient({ clientId: 'billing', bootstrapBrokers: ['localhost:9092'] })`.
 * Any number of sources and publishers can share one. Throws KAFKA_OPTIONS.
 */
export function platformaticClient(options: PlatformaticOptions): KafkaClient {
  const connection = checkPlatformatic(options);
  const { requestTimeout } = connection;
  return {
    supports: { staticMembership: true },
    member: (memberOptions) => createMember(connection, memberOptions),
    admin: () => openAdmin(openWire(connection, requestTimeout)),
    producer: (producerOptions) => openProducer(openWire(connection, requestTimeout), producerOptions),
  };
}

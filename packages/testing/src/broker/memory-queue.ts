import type {
  Capabilities,
  Clock,
  Incoming,
  Settlement,
  SettleFailure,
  Source,
  SourceContext,
  SourceSession,
  SourceSettings,
} from '@millrace/core';
import { MillraceError } from '@millrace/core';
import { createConnections } from './connections.ts';
import type { Destination } from './destination.ts';
import type { StoredEvent } from './event.ts';
import { toIncoming } from './event.ts';
import type { Faults } from './faults.ts';
import { createFaults } from './faults.ts';
import type { Record } from './history.ts';
import type { QueueDelivery } from './queue-messages.ts';
import { createQueueMessages } from './queue-messages.ts';
import { receive } from './receive.ts';

export interface MemoryQueueOptions {
  /**
   * `perKey`: messages with the same key are handed out one after another, as a FIFO queue does.
   * @default 'none'
   */
  readonly order?: 'none' | 'perKey';
  /**
   * Milliseconds that a message handed out stays with its consumer unless extended.
   * @default 30_000
   */
  readonly lease?: number;
  /**
   * Deliveries after which the broker itself gives up on a message.
   * @default Infinity
   */
  readonly maxDeliveries?: number;
  /**
   * The most messages in one batch.
   * @default 10
   */
  readonly batch?: number;
}

/** A queue such as SQS: acknowledgement, leases, delivery counts, delayed redelivery. */
export interface MemoryQueue extends Destination {
  readonly faults: Faults;
  /** What the broker gave up on. */
  readonly parked: readonly StoredEvent[];
}

export function createMemoryQueue(
  name: string,
  { order = 'none', lease = 30_000, maxDeliveries = Infinity, batch = 10 }: MemoryQueueOptions,
  { clock, record }: { readonly clock: Clock; readonly record: Record },
): MemoryQueue & { add(event: StoredEvent): void } {
  const connections = createConnections();
  const { faults, set } = createFaults({
    drop: connections.breakAll,
    expireLeases: (ids) => messages.expire(ids),
    changed: connections.wakeAll,
  });
  const messages = createQueueMessages({
    clock,
    faults: set,
    record,
    ordered: order === 'perKey',
    lease,
    maxDeliveries,
    changed: connections.wakeAll,
  });
  const capabilities: Capabilities = {
    settle: 'ack+nack',
    redelivery: 'delayed',
    deliveryCount: 'native',
    order,
    position: 'none',
    replay: 'none',
    exclusive: false,
    lease: { milliseconds: lease, maximum: Number.MAX_SAFE_INTEGER },
    settleBatch: { size: batch, linger: 0 },
  };

  function open(context: SourceContext): SourceSession {
    const connection = connections.connect(context.signal);
    const deliveries = new WeakMap<Incoming, QueueDelivery>();

    function read(max: number): readonly Incoming[] {
      const taken = set.silence ? [] : messages.take(max);
      return taken.map((delivery) => {
        const incoming = toIncoming(delivery.event, { deliveryCount: delivery.deliveryCount });
        deliveries.set(incoming, delivery);
        return incoming;
      });
    }

    function failure(incoming: Incoming, final: boolean): SettleFailure {
      return {
        incoming,
        final,
        error: new MillraceError('SETTLE_FAILED', `The broker refused what it was told of ${incoming.id}.`),
      };
    }

    function accept(settlement: Settlement): readonly SettleFailure[] {
      const refusal = set.takeRefusal();
      if (refusal) return [failure(settlement.incoming, refusal.final)];
      const delivery = deliveries.get(settlement.incoming);
      return delivery && messages.settle(delivery, settlement) ? [] : [failure(settlement.incoming, true)];
    }

    return {
      receive: (demand) => receive(demand, { batch, context, connection, read }),
      async settle(settlements) {
        await set.silence;
        return settlements.flatMap(accept);
      },
      async extend(incoming, milliseconds) {
        await set.silence;
        return incoming.flatMap((it) => {
          const delivery = deliveries.get(it);
          return delivery && messages.extend(delivery, milliseconds) ? [] : [failure(it, true)];
        });
      },
      async close() {
        connection.close();
      },
      pending: () => messages.events.length,
    };
  }

  return {
    name,
    capabilities,
    faults,
    source: (settings: SourceSettings = {}): Source => ({
      name: settings.name ?? name,
      capabilities,
      settings,
      open: (context) => Promise.resolve(open(context)),
    }),
    add(event) {
      record(event.id, { kind: 'published' });
      messages.add(event);
    },
    get remaining() {
      return messages.events;
    },
    parked: messages.parked,
    get connected() {
      return connections.count;
    },
  };
}

import type { Clock, Settlement } from '@millrace/core';
import type { StoredEvent } from './event.ts';
import type { SetFaults } from './faults.ts';
import type { Record } from './history.ts';

/** One delivery of a message. What is said of a delivery that is over is refused. */
export interface QueueDelivery {
  readonly event: StoredEvent;
  readonly deliveryCount: number;
}

export interface QueueMessagesOptions {
  readonly clock: Clock;
  readonly faults: SetFaults;
  readonly record: Record;
  /** Messages of a key wait while one of them is handed out. */
  readonly ordered: boolean;
  /** Milliseconds. */
  readonly lease: number;
  /** The broker gives up on a message after so many deliveries. */
  readonly maxDeliveries: number;
  /** Something may have become visible. */
  readonly changed: () => void;
}

/** The messages of a queue with leases: what is handed out and not settled in time is handed out again. */
export interface QueueMessages {
  add(event: StoredEvent): void;
  take(max: number): readonly QueueDelivery[];
  /** False: the delivery was over. */
  settle(delivery: QueueDelivery, settlement: Settlement): boolean;
  extend(delivery: QueueDelivery, milliseconds: number): boolean;
  expire(ids: readonly string[]): void;
  readonly events: readonly StoredEvent[];
  readonly parked: readonly StoredEvent[];
}

interface QueuedMessage {
  readonly event: StoredEvent;
  deliveryCount: number;
  /** By the monotonic clock. */
  visibleAt: number;
  /** Undefined while nobody has it. */
  delivery: QueueDelivery | undefined;
  cancelTimer: (() => void) | undefined;
}

export function createQueueMessages(options: QueueMessagesOptions): QueueMessages {
  const { clock, faults, record, changed } = options;
  const messages = new Set<QueuedMessage>();
  const owners = new WeakMap<QueueDelivery, QueuedMessage>();
  const parked: StoredEvent[] = [];

  function add(event: StoredEvent, delay: number): void {
    const message = { event, deliveryCount: 0, visibleAt: 0, delivery: undefined, cancelTimer: undefined };
    messages.add(message);
    show(message, delay);
  }

  function show(message: QueuedMessage, delay: number): void {
    message.cancelTimer?.();
    message.cancelTimer = delay > 0 ? clock.setTimeout(changed, delay) : undefined;
    message.delivery = undefined;
    message.visibleAt = clock.monotonic() + delay;
    changed();
  }

  function handOut(message: QueuedMessage): QueueDelivery {
    message.deliveryCount += 1;
    const delivery = { event: message.event, deliveryCount: message.deliveryCount };
    owners.set(delivery, message);
    message.delivery = delivery;
    hold(message, options.lease);
    record(message.event.id, { kind: 'delivered', deliveryCount: message.deliveryCount });
    return delivery;
  }

  function hold(message: QueuedMessage, milliseconds: number): void {
    message.cancelTimer?.();
    message.cancelTimer = clock.setTimeout(() => expire(message), milliseconds);
  }

  function expire(message: QueuedMessage): void {
    record(message.event.id, { kind: 'expired' });
    show(message, 0);
  }

  function remove(message: QueuedMessage): void {
    message.cancelTimer?.();
    messages.delete(message);
    changed();
  }

  /** The message whose current delivery it is. */
  function owner(delivery: QueueDelivery): QueuedMessage | undefined {
    const message = owners.get(delivery);
    return message?.delivery === delivery && messages.has(message) ? message : undefined;
  }

  function isFree(message: QueuedMessage, lockedKeys: ReadonlySet<string>): boolean {
    const { key } = message.event;
    return (
      message.delivery === undefined &&
      message.visibleAt <= clock.monotonic() &&
      !(key !== undefined && lockedKeys.has(key))
    );
  }

  /** Keys of which a message is handed out or waits to be delivered again: those behind it must not overtake. */
  function lockedKeys(): ReadonlySet<string> {
    const keys = new Set<string>();
    if (!options.ordered) return keys;
    for (const { event, delivery, visibleAt } of messages) {
      if (event.key !== undefined && (delivery || visibleAt > clock.monotonic())) keys.add(event.key);
    }
    return keys;
  }

  return {
    add: (event) => add(event, faults.delay),
    take(max) {
      const locked = lockedKeys();
      const taken: QueueDelivery[] = [];
      for (const message of messages) {
        if (taken.length >= max) break;
        if (!isFree(message, locked)) continue;
        if (message.deliveryCount >= options.maxDeliveries) {
          parked.push(message.event);
          record(message.event.id, { kind: 'parked' });
          remove(message);
          continue;
        }
        if (faults.takeDuplicate()) add(message.event, 0);
        taken.push(handOut(message));
      }
      return faults.takeReorder() ? taken.toReversed() : taken;
    },
    settle(delivery, settlement) {
      const message = owner(delivery);
      const { outcome } = settlement;
      record(delivery.event.id, { kind: message ? 'settled' : 'refused', outcome });
      if (message === undefined) return false;
      if (outcome === 'done' || outcome === 'dead') remove(message);
      else show(message, outcome === 'retry' ? settlement.delay : 0);
      return true;
    },
    extend(delivery, lease) {
      const message = owner(delivery);
      record(
        delivery.event.id,
        message ? { kind: 'extended', lease } : { kind: 'refused', outcome: 'extend' },
      );
      if (message) hold(message, lease);
      return message !== undefined;
    },
    expire(ids) {
      for (const message of messages) {
        if (message.delivery && (ids.length === 0 || ids.includes(message.event.id))) expire(message);
      }
    },
    get events() {
      return [...messages].map(({ event }) => event);
    },
    parked,
  };
}

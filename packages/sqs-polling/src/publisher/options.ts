import { randomUUID } from 'node:crypto';
import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import { sqsError } from '../errors.ts';

/** Settings that publishers to topics and to queues share. */
export interface PublisherSettings {
  /**
   * Message attribute that carries the event's name. Consumers read it, filter policies filter by it.
   * @default 'event'
   */
  readonly eventAttribute?: string;
  /**
   * Message attribute that carries the event's id.
   * @default 'event-id'
   */
  readonly idAttribute?: string;
  /** Added to the name of each event that does not end in it, such as `.shop`. */
  readonly suffix?: string;
  /** Added as header `version` to each event that has none. */
  readonly version?: number;
  /**
   * How often an event of a batch is sent before it counts as failed. (The SDK retries calls that fail as a whole.)
   * @default 3
   */
  readonly attempts?: number;
  /**
   * Upper bound of the wait before the second attempt, in milliseconds. It doubles with each attempt, and the wait is
   * drawn evenly between 0 and it.
   * @default 100
   */
  readonly retryDelay?: number;
  /** @default `crypto.randomUUID` */
  readonly randomUUID?: () => string;
  /** @default `Math.random` */
  readonly random?: () => number;
  /** @default the system's */
  readonly clock?: Clock;
}

/** How often and when to send again. */
export interface Retrying {
  readonly attempts: number;
  readonly retryDelay: number;
  readonly random: () => number;
  readonly clock: Clock;
}

export function withDefaults(settings: PublisherSettings) {
  const { attempts = 3, retryDelay = 100 } = settings;
  whole('attempts', attempts, 1);
  whole('retryDelay', retryDelay, 0);
  const retrying: Retrying = {
    attempts,
    retryDelay,
    random: settings.random ?? Math.random,
    clock: settings.clock ?? systemClock,
  };
  return {
    eventAttribute: settings.eventAttribute ?? 'event',
    idAttribute: settings.idAttribute ?? 'event-id',
    suffix: settings.suffix,
    version: settings.version,
    randomUUID: settings.randomUUID ?? randomUUID,
    retrying,
  };
}

/** Throws SQS_OPTIONS unless the option is a whole number from `min` to `max`. */
export function whole(name: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  const most = max === Number.MAX_SAFE_INTEGER ? 'or more' : `to ${max}`;
  throw sqsError('SQS_OPTIONS', `\`${name}\` is ${value}. It must be a whole number, ${min} ${most}.`);
}

import { randomUUID } from 'node:crypto';
import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import { eventstoreError } from '../errors.ts';

export interface PublisherSettings {
  /** Stream for what is published without one. */
  readonly stream?: string;
  /**
   * Bytes that an event may have with its headers. The server's log takes 16 MiB in a record, and by its default only
   * 1 MiB in an append (`MaxAppendSize`).
   * @default 16_777_216
   */
  readonly maxEventSize?: number;
  /**
   * Most events that `publishFrom` appends at once.
   * @default 500
   */
  readonly batchSize?: number;
  /**
   * Bytes of data and headers that `publishFrom` appends at once; a single event may have more.
   * @default 900_000
   */
  readonly batchBytes?: number;
  /**
   * Milliseconds to wait for an answer to an append.
   * @default 15_000
   */
  readonly timeout?: number;
  /**
   * How often an append is sent before it counts as failed.
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

/** Records of the log have no more. */
const mostEventBytes = 16_777_216;

export function withDefaults(settings: PublisherSettings) {
  const {
    maxEventSize = mostEventBytes,
    batchSize = 500,
    batchBytes = 900_000,
    timeout = 15_000,
    attempts = 3,
    retryDelay = 100,
  } = settings;
  whole('maxEventSize', maxEventSize, 1, mostEventBytes);
  whole('batchSize', batchSize, 1);
  whole('batchBytes', batchBytes, 1);
  whole('timeout', timeout, 1);
  whole('attempts', attempts, 1);
  whole('retryDelay', retryDelay, 0);
  return {
    stream: settings.stream,
    batches: { batchSize, batchBytes },
    limits: { maxEventSize, randomUUID: settings.randomUUID ?? randomUUID },
    persistence: {
      timeout,
      attempts,
      retryDelay,
      clock: settings.clock ?? systemClock,
      random: settings.random ?? Math.random,
    },
  };
}

function whole(option: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const bound = most === Number.MAX_SAFE_INTEGER ? 'or more' : `to ${most}`;
  throw eventstoreError(
    'EVENTSTORE_OPTIONS',
    `\`${option}\` is ${value}. It must be a whole number, ${least} ${bound}.`,
  );
}

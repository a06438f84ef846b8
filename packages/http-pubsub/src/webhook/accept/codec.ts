import { deserialize, serialize } from 'node:v8';
import type { Headers, Incoming } from '@millrace/core';
import { describeError } from '@millrace/core';
import { failureOf } from '../failure.ts';

/** V8's format, in which bytes and dates stay what they are; newer versions read what older ones wrote. */
export function encodeEvent({ id, type, data, headers, raw, key, time, failure }: Incoming): Uint8Array {
  const problem = failure && describeError(failure).message;
  return serialize({ id, type, data, headers: { ...headers }, raw, key, time, problem });
}

/** An event that can't be read any more becomes a dead letter. */
export function decodeEvent(id: string, bytes: Uint8Array): Incoming {
  try {
    const { problem, headers, ...event } = deserialize(bytes) as Omit<Incoming, 'failure'> & {
      readonly problem?: string;
    };
    return {
      ...event,
      headers: Object.assign(Object.create(null) as Headers, headers),
      ...(problem !== undefined && { failure: failureOf(`when it was accepted: ${problem}`) }),
    };
  } catch (cause) {
    const failure = failureOf('it is not as it was kept', cause);
    return { id, type: '', data: undefined, headers: Object.create(null) as Headers, raw: bytes, failure };
  }
}

import type { Fields } from '../event-log/event.ts';
import type { EventLog } from '../event-log/event-log.ts';
import { isObject, objectIn, objectsIn } from './json-body.ts';
import type { RestResource } from './rest-call.ts';
import { methodNotAllowed, RestFailure } from './rest-error.ts';
import type { Saved } from './save-event.ts';
import { eventChannel, saveEvent } from './save-event.ts';
import { saveResult } from './save-result.ts';

/** REST API guide, "sObject Collections". */
const most = 200;

/**
 * `POST composite/sobjects`. Events that were published can not be taken back, so those before a bad one stay even with
 * `allOrNone` (Apex reference, "EventBus": not transactional).
 */
export const createCollection: RestResource = ({ log }, { method, body }) => {
  if (method !== 'POST') throw methodNotAllowed(method, ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST']);
  const records = objectsIn(objectIn(body), 'records');
  if (records.length > most) {
    throw new RestFailure(400, {
      errorCode: 'REQUEST_LIMIT_EXCEEDED',
      message: `record limit exceeded: ${records.length} records, ${most} are allowed`,
    });
  }
  return { status: 200, body: records.map((record) => saveResult(saveRecord(log, record))) };
};

function saveRecord(log: EventLog, record: Fields): Saved {
  const { attributes } = record;
  const type = isObject(attributes) ? attributes['type'] : undefined;
  const channel = typeof type === 'string' ? eventChannel(log, type) : undefined;
  if (channel) return saveEvent(log, channel, record);
  return {
    error: {
      errorCode: 'INVALID_TYPE',
      message: `sObject type '${typeof type === 'string' ? type : ''}' is not supported.`,
    },
  };
}

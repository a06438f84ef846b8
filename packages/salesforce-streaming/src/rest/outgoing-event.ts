import { salesforceError } from '../errors.ts';
import { isObject } from './json.ts';

/** A platform event to publish. */
export interface OutgoingEvent {
  /** API name of the platform event, such as `Order__e`. */
  readonly type: string;
  /** Its fields by their API names, such as `{ Number__c: 'A-1' }`. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event as it goes into a call. */
export interface Prepared {
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The JSON of the fields. */
  readonly json: string;
}

/** Throws SALESFORCE_EVENT_INVALID. */
export function prepare({ type, data }: OutgoingEvent): Prepared {
  if (typeof type !== 'string' || !/^[A-Za-z]\w{0,79}$/.test(type)) {
    throw invalid('`type` is not the API name of a platform event, such as Order__e (without /event/)');
  }
  if (!isObject(data)) throw invalid(`\`data\` of an event ${type} is not an object of fields`);
  if ('attributes' in data)
    throw invalid(`\`data\` of an event ${type} has "attributes", which no field is called`);
  let json: string | undefined;
  try {
    json = JSON.stringify(data);
  } catch {
    // Which value it was may show in the cause.
  }
  const fields = json === undefined ? undefined : (JSON.parse(json) as unknown);
  if (json === undefined || !isObject(fields)) {
    throw invalid(
      `\`data\` of an event ${type} can not be written as JSON: it has a bigint, or refers to itself`,
    );
  }
  return { type, fields, json };
}

/** Texts of the event that must not show in an error: Salesforce quotes values that it refuses. */
export function valuesOf({ fields }: Prepared): readonly string[] {
  // Shorter ones would make any sentence unreadable.
  return Object.values(fields).filter(
    (value): value is string => typeof value === 'string' && value.length > 3,
  );
}

function invalid(reason: string): Error {
  return salesforceError('SALESFORCE_EVENT_INVALID', `The event is not published: ${reason}.`);
}

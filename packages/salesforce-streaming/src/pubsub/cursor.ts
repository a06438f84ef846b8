import { salesforceError } from '../errors.ts';

/**
 * A replay id is bytes that only the server understands: 10 of them in practice, of which clients that make a number
 * of it lose two (salesforce-pubsub-api-client issues 27 and 36).
 */
export function cursorOf(replayId: Uint8Array): string {
  return Buffer.from(replayId).toString('base64url');
}

/** Throws SALESFORCE_POSITION_INVALID when it can not have come from `cursorOf`. */
export function replayIdOf(cursor: string): Buffer {
  const replayId = Buffer.from(cursor, 'base64url');
  if (replayId.length > 0 && cursorOf(replayId) === cursor) return replayId;
  throw salesforceError(
    'SALESFORCE_POSITION_INVALID',
    'The position to go on after is not one of the Pub/Sub API. Positions of the CometD transport are of no use to it: ' +
      'give the source another name, or remove its replay markers, and set where to start.',
  );
}

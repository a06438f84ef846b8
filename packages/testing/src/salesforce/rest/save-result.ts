import type { Saved } from './save-event.ts';

/**
 * Events are only enqueued; the UUID that the delivered event has is told as an "error" of success. Platform Events
 * guide: "Status Code Returned for Asynchronous Publishing".
 */
export function saveResult(saved: Saved) {
  if ('error' in saved) {
    const { errorCode, message, fields = [] } = saved.error;
    return { success: false, errors: [{ statusCode: errorCode, message, fields }] };
  }
  return {
    // Not of the event, and not unique either.
    id: 'e01xx0000000001AAA',
    success: true,
    errors: [{ statusCode: 'OPERATION_ENQUEUED', message: saved.uuid, fields: [] }],
  };
}

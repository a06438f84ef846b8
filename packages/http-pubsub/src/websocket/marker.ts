/**
 * The tracing of a CONFIGURE by which our own client makes itself known: it steps the broadcaster's counter with each
 * part of a message, as the protocol has it. lonelypsc does so once a message. To others tracing means nothing.
 */
export const clientMarker: Uint8Array = Buffer.from('millrace/1');

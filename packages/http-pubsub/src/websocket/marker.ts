const text = 'millrace/1';

/**
 * The tracing of a CONFIGURE by which our own client makes itself known: it moves the broadcaster's counter on with each part
 * of a message, as the protocol has it. lonelypsc does so once a message. To others tracing means nothing.
 */
export const clientMarker: Uint8Array = Buffer.from(text);

export function isOurClient(tracing: Uint8Array): boolean {
  return Buffer.from(tracing).toString('latin1') === text;
}

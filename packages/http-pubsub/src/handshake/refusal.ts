/** Why a broadcaster keeps no subscription of a URL that it has asked; the value of a header of its reply. */
export const refusalHeader = 'millrace-refusal';
/** Who asked, in the same reply. */
export const originHeader = 'webhook-request-origin';

export type RefusalReason = 'no-handshake' | 'origin' | 'rate' | 'forbidden' | 'unreachable';

const sentences: Readonly<Record<RefusalReason, string>> = {
  'no-handshake':
    'it did not answer OPTIONS with WebHook-Allowed-Origin. Who subscribes has to answer: see its option `handshake`.',
  origin: 'it does not allow that. Add the name to its `handshake.allowedOrigins`.',
  rate: 'it said nothing usable of how often: WebHook-Allowed-Rate has to be a whole number of requests a minute, or *.',
  forbidden: "the broadcaster's guard lets nobody call it. If it is one of yours, list it in the guard.",
  unreachable: 'it gave no usable answer in time. Look whether the broadcaster reaches the URL.',
};

/** For whoever subscribed, in a sentence. Undefined: it is no such reason. */
export function explainRefusal(reason: string | undefined, origin: string | undefined): string | undefined {
  if (reason === undefined || !Object.hasOwn(sentences, reason)) return undefined;
  const who = origin !== undefined && isOrigin(origin) ? ` as "${origin}"` : '';
  return `The URL was asked${who} whether it may be called, and ${sentences[reason as RefusalReason]}`;
}

/** A DNS name, or what looks like one; a port may follow. */
export function isOrigin(text: unknown): boolean {
  return typeof text === 'string' && /^[a-z\d_-](?:[\w.-]{0,251}[a-z\d_-])?(?::\d{1,5})?$/i.test(text);
}

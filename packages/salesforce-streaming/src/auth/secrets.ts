import { describeError, redact } from '@millrace/core';

/** What must not be seen, and takes it out of texts that come from elsewhere: servers repeat what they were sent. */
export type Hide = (text: string) => string;

/** Hides these values as they are and as forms, JSON and HTML write them, besides what looks like a credential. */
export function hiding(secrets: readonly (string | undefined)[]): Hide {
  const written = secrets.flatMap((secret) => (secret ? spellings(secret) : []));
  // Longest first: a password stands in front of its security token, too.
  const values = [...new Set(written)].sort((one, other) => other.length - one.length);
  return (text) => redact(values.reduce((clean, value) => clean.replaceAll(value, '[redacted]'), text));
}

function spellings(secret: string): readonly string[] {
  const form = new URLSearchParams({ '': secret }).toString().slice(1);
  const json = JSON.stringify(secret).slice(1, -1);
  const html = secret.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  const named = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  return [secret, form, encodeURIComponent(secret), json, html, named];
}

/** An error to put under one of ours: only its words, since a client may have put the request on the error itself. */
export function safeCause(error: unknown, hide: Hide): Error {
  return new Error(hide(describeError(error).message));
}

/** Text of a server, short enough for an error. */
export function excerpt(text: string, hide: Hide): string {
  // Hidden first: half a secret would not be recognised.
  const plain = hide(text).replace(/\s+/g, ' ').trim();
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
}

import { isJson, isUtf8, mediaType } from '../media-type.ts';
import type { PayloadFormat } from '../payload.ts';
import { readPayload } from '../payload.ts';
import type { WebhookEvent, WebhookRequest } from '../verifier.ts';
import { describe } from './attributes.ts';
import type { Problem } from './json-format.ts';
import { withPayload } from './json-format.ts';

/** One event whose attributes are headers, and whose data is the body. */
export function readBinary({ headers, body }: WebhookRequest): readonly WebhookEvent[] | Problem {
  const attributes: Record<string, string> = Object.create(null);
  for (const [name, header] of Object.entries(headers)) {
    if (!name.startsWith('ce-')) continue;
    const value = decodeValue(header);
    if (value === undefined) return { problem: 'percent-encoding' };
    attributes[name.slice(3)] = value;
  }
  // It is the Content-Type, and there are not to be two of them.
  if ('datacontenttype' in attributes) return { problem: 'datacontenttype' };
  const contentType = headers['content-type'];
  if (contentType !== undefined) attributes['datacontenttype'] = contentType;
  const described = describe(attributes);
  if ('problem' in described) return described;
  return [withPayload(described, readPayload(body, formatOf(contentType)))];
}

function formatOf(contentType: string | undefined): PayloadFormat {
  const type = mediaType(contentType);
  if (type === undefined) return 'bytes';
  if (isJson(type)) return 'json';
  return type.startsWith('text/') && isUtf8(contentType) ? 'text' : 'bytes';
}

/** Quotes, which old senders write, then one round of percent-decoding. Undefined: what is encoded is no UTF-8. */
function decodeValue(header: string): string | undefined {
  const quoted = /^"(?:[^"\\]|\\.)*"$/.test(header);
  const text = quoted ? header.slice(1, -1).replaceAll(/\\(.)/g, '$1') : header;
  const bytes = text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return '\ufffe';
    }
  });
  return bytes.includes('\ufffe') ? undefined : bytes;
}

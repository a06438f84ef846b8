import { optionChecks } from '../../option-checks.ts';
import type { PayloadFormat } from '../payload.ts';
import { readPayload } from '../payload.ts';
import { isJson, mediaType } from '../media-type.ts';
import type { From } from '../pick.ts';
import { dateOf, pick } from '../pick.ts';
import { proofOf } from '../proof.ts';
import type { WebhookEvent, WebhookHead, WebhookRequest, WebhookVerifier } from '../verifier.ts';
import { refused } from '../verifier.ts';
import { failureOf } from '../failure.ts';
import { readKeys } from './keys.ts';
import { isSigned } from './signatures.ts';

export interface StandardWebhooksOptions {
  /**
   * `whsec_…`, shared with the sender, for `v1` signatures; `whpk_…`, its public key, for `v1a` ones. To change a
   * secret without losing anything, name both, old and new, for as long as the sender may use either.
   */
  readonly secrets: readonly string[];
  /**
   * How far the sender's clock and ours may be apart, each way, with the time on the road, in milliseconds.
   * @default 300_000
   */
  readonly tolerance?: number;
  /**
   * What the names of the headers begin with: `svix` for senders that have not changed to the standard's.
   * @default 'webhook'
   */
  readonly prefix?: string;
  /**
   * Where the event's name is in the payload.
   * @default 'type'
   */
  readonly eventFrom?: From<string | undefined>;
  /**
   * Which part of the payload handlers get as `data`, such as `data`.
   * @default all of it
   */
  readonly dataFrom?: From<unknown>;
  /**
   * What bodies are. Without JSON an event has a name only by a function as `eventFrom`.
   * @default 'json'
   */
  readonly format?: PayloadFormat;
}

/** The dot is what divides the signed parts: in an id it would let somebody move the border. A comma joins headers that came twice. */
const idPattern = /^(?=[!-~]{1,256}$)[^.,]+$/;
const timestampPattern = /^\d{1,11}$/;

/**
 * Webhooks signed as https://www.standardwebhooks.com says: by Svix, Clerk, Resend, OpenAI and others, and by the libraries of
 * the standard. The id of an event is the header `webhook-id`, the same each time it is sent again. Throws
 * PUBSUB_SECRETS and PUBSUB_OPTIONS.
 */
export function standardWebhooks(options: StandardWebhooksOptions): WebhookVerifier {
  const check = optionChecks('standardWebhooks');
  check.milliseconds('tolerance', options.tolerance, 1_000);
  check.oneOf('format', options.format, ['json', 'text', 'bytes']);
  check.list('secrets', options.secrets);
  const keys = readKeys(options.secrets);
  const { tolerance = 300_000, prefix = 'webhook', format = 'json', eventFrom = 'type', dataFrom } = options;
  const names = {
    id: `${prefix}-id`.toLowerCase(),
    timestamp: `${prefix}-timestamp`.toLowerCase(),
    signature: `${prefix}-signature`.toLowerCase(),
  };

  function toEvent(id: string, timestamp: string, body: Uint8Array): WebhookEvent {
    const event = { id, headers: { [names.id]: id, [names.timestamp]: timestamp } };
    const payload = readPayload(body, format);
    if ('failure' in payload) return { ...event, type: '', data: undefined, failure: payload.failure };
    const { data } = payload;
    try {
      const type = pick(data, eventFrom);
      return {
        ...event,
        type: typeof type === 'string' ? type : '',
        data: dataFrom === undefined ? data : pick(data, dataFrom),
        time: dateOf(pick(data, 'timestamp')),
      };
    } catch (cause) {
      return { ...event, type: '', data, failure: failureOf('`eventFrom` or `dataFrom` threw on it', cause) };
    }
  }

  return {
    scheme: 'standard-webhooks',
    redelivery: 'delayed',
    recognises: ({ headers }) => headers[names.signature] !== undefined,
    refuses({ headers }: WebhookHead) {
      if (headers[names.signature] === undefined) return { status: 401, code: 'unsigned' };
      const type = mediaType(headers['content-type']);
      if (format === 'json' && type !== undefined && !isJson(type))
        return { status: 415, code: 'content-type' };
      return undefined;
    },
    async verify({ headers, body }: WebhookRequest, { clock }) {
      const { [names.id]: id, [names.timestamp]: timestamp, [names.signature]: signature } = headers;
      if (id === undefined || timestamp === undefined || signature === undefined)
        return refused(401, 'unsigned');
      if (!idPattern.test(id)) return refused(400, 'id');
      if (!timestampPattern.test(timestamp)) return refused(400, 'timestamp');
      if (Math.abs(clock.now() - Number(timestamp) * 1_000) > tolerance) return refused(401, 'timestamp');
      const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
      if (!isSigned(signed, signature, keys)) return refused(401, 'signature');
      return {
        events: [toEvent(id, timestamp, body)],
        proof: proofOf('standard-webhooks', signed, tolerance),
      };
    },
  };
}

import type { HandshakeOptions } from '../../handshake/answer.ts';
import { answerHandshake, checkHandshake, isAllowed } from '../../handshake/answer.ts';
import { isUtf8, mediaType } from '../media-type.ts';
import { optionChecks } from '../../option-checks.ts';
import type { WebhookHead, WebhookRefusal, WebhookVerifier } from '../verifier.ts';
import { refused } from '../verifier.ts';
import type { Authorize } from './authorize.ts';
import { readBinary } from './binary.ts';
import { readBatch, readStructured } from './json-format.ts';

export interface CloudEventsOptions {
  /** Who may send. CloudEvents are not signed: this, and TLS, is all that stands between the handlers and anybody. */
  readonly authorize: Authorize;
  /**
   * Answers the OPTIONS request by which senders ask whether they may send, and refuses what comes from senders that
   * may not and say so.
   * @default OPTIONS is not allowed
   */
  readonly handshake?: HandshakeOptions;
  /**
   * Events in a batch.
   * @default 1_000
   */
  readonly maxBatch?: number;
}

const structured = 'application/cloudevents+json';
const batch = 'application/cloudevents-batch+json';
const unsupported: WebhookRefusal = { status: 415, code: 'content-type' };

/**
 * CloudEvents 1.0 over HTTP, one (structured or binary) or several (batch) in a request. The id of an event is its source
 * and its id. Throws PUBSUB_OPTIONS.
 */
export function cloudEvents(options: CloudEventsOptions): WebhookVerifier {
  const { authorize, handshake, maxBatch = 1_000 } = options;
  const check = optionChecks('cloudEvents');
  if (typeof authorize !== 'function')
    check.fail('"authorize" must be a function, such as bearer({ tokens })');
  check.wholeNumber('maxBatch', maxBatch, 1);
  if (handshake) checkHandshake(check, handshake);

  return {
    scheme: 'cloudevents',
    redelivery: 'delayed',
    recognises: ({ headers }) =>
      headers['ce-specversion'] !== undefined || isCloudEventsType(mediaType(headers['content-type'])),
    refuses({ headers }: WebhookHead) {
      const type = mediaType(headers['content-type']);
      if (isCloudEventsType(type)) {
        const known = (type === structured || type === batch) && isUtf8(headers['content-type']);
        return known ? undefined : unsupported;
      }
      return headers['ce-specversion'] === undefined ? unsupported : undefined;
    },
    async verify(request) {
      const { headers, body } = request;
      if (!(await authorize(request))) return refused(401, 'unauthorized');
      const origin = headers['webhook-request-origin'];
      if (handshake && origin !== undefined && !isAllowed(origin, handshake.allowedOrigins))
        return refused(403, 'origin');
      const type = mediaType(headers['content-type']);
      const read =
        type === structured
          ? readStructured(body)
          : type === batch
            ? readBatch(body, maxBatch)
            : readBinary(request);
      if (!('problem' in read)) return { events: read };
      return refused(read.problem === 'batch-size' ? 413 : 400, read.problem);
    },
    ...(handshake && { handshake: (head: WebhookHead) => answerHandshake(head, handshake) }),
  };
}

function isCloudEventsType(type: string | undefined): boolean {
  return type?.startsWith('application/cloudevents') ?? false;
}

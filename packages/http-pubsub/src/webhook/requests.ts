import type { Headers, Incoming } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import type { ListenerReply, ListenerRequest } from '../listener/route.ts';
import type { Admission } from './admission.ts';
import { collect } from './body.ts';
import type { Counters } from './counters.ts';
import { withRequestHeaders } from './headers.ts';
import type { Intake } from './intake.ts';
import type { WebhookSettings } from './options.ts';
import { acceptedReply, laterReply, refusedReply, settledReply } from './replies.ts';
import type { Occupant } from './slots.ts';
import type {
  WebhookContext,
  WebhookEvent,
  WebhookHead,
  WebhookRefusal,
  WebhookRequest,
  WebhookVerifier,
} from './verifier.ts';

export interface RequestParts extends WebhookContext {
  readonly settings: WebhookSettings;
  readonly intake: Intake;
  readonly admission: Admission;
  readonly counters: Counters;
  /** Aborts when nothing more is taken in. */
  readonly signal: AbortSignal;
}

/** What is worth another try without anybody having said when, in seconds. */
const soon = 1;
const whenBroken = 5;

/** The way of a request: looked at, read, verified, held against copies, taken in, answered. */
export function requestHandler(parts: RequestParts): Occupant {
  const { settings, intake, admission, counters, log } = parts;
  const { verifiers, maxRequests, maxBody } = settings;
  let underWay = 0;

  function verifierOf(head: WebhookHead): WebhookVerifier | undefined {
    return verifiers.find((verifier) => verifier.recognises(head)) ?? verifiers[0];
  }

  function refuse(refusal: WebhookRefusal): ListenerReply {
    if (counters.refused(refusal.code))
      log.warn('A webhook was refused.', { path: settings.path, code: refusal.code });
    return refusedReply(refusal);
  }

  function later(code: string, seconds: number): ListenerReply {
    counters.later(code);
    return laterReply(code, seconds);
  }

  async function takeIn(request: ListenerRequest, verifier: WebhookVerifier): Promise<ListenerReply> {
    const received: WebhookRequest = { ...request, body: await collect(request.body) };
    const verdict = await verifier.verify(received, parts);
    if ('refusal' in verdict) return refuse(verdict.refusal);
    if ('reply' in verdict) {
      counters.count('answered');
      return verdict.reply;
    }
    const admitted = await admission.admit(verdict.proof);
    if (admitted.state === 'under-way') return later('under-way', soon);
    if (admitted.state === 'settled') {
      counters.count('duplicates');
      return settledReply;
    }
    const events = verdict.events.map((event) => toIncoming(event, received, settings.headers));
    let isSettled = false;
    try {
      const taken = await intake.take(events, (settled) => void (settled && admitted.finish(true)));
      if (taken.state === 'later') return later(taken.code, taken.seconds);
      isSettled = true;
      counters.count(taken.state);
      return taken.state === 'accepted' ? acceptedReply : settledReply;
    } finally {
      await admitted.finish(isSettled);
    }
  }

  return {
    maxBody,
    async post(request) {
      if (parts.signal.aborted) return later('stopping', soon);
      const encoding = request.headers['content-encoding'];
      // Signatures are over what was sent, and what is small when packed may be huge.
      if (encoding !== undefined && encoding !== 'identity')
        return refuse({ status: 415, code: 'content-encoding' });
      const verifier = verifierOf(request);
      const refusal = verifier?.refuses(request);
      if (refusal) return refuse(refusal);
      if (verifier === undefined || underWay >= maxRequests || !intake.hasRoom) return later('full', soon);
      underWay += 1;
      try {
        return await takeIn(request, verifier);
      } catch (error) {
        // A body that is too large or too slow has an answer of its own.
        if (isMillraceError(error) && error.code.startsWith('PUBSUB_BODY_')) {
          counters.refused(error.code);
          throw error;
        }
        if (!request.signal.aborted)
          log.error('A webhook could not be taken in.', { path: settings.path, error });
        return later('unavailable', whenBroken);
      } finally {
        underWay -= 1;
      }
    },
    options(request) {
      const verifier = verifiers.find(({ handshake }) => handshake !== undefined);
      if (parts.signal.aborted) return later('stopping', soon);
      return verifier?.handshake?.(request) ?? { status: 405, headers: { allow: 'POST' } };
    },
  };
}

function toIncoming(event: WebhookEvent, request: WebhookRequest, wanted: readonly string[]): Incoming {
  const headers: Headers = withRequestHeaders(event.headers, request.headers, wanted);
  return { raw: request.body, ...event, headers };
}

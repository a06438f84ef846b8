import type { Clock, Gap, Incoming, Logger } from '@millrace/core';
import type { ListenerReply, ListenerRequest } from '../listener/route.ts';

/** A request before its body was read. */
export type WebhookHead = Omit<ListenerRequest, 'body'>;

/** A request as it came in: a signature is over these bytes, so nothing may have touched them. */
export interface WebhookRequest extends WebhookHead {
  readonly body: Uint8Array;
}

/** What a genuine request says. With `failure` it is authentic and yet can't be read: it becomes a dead letter. */
export type WebhookEvent = Pick<Incoming, 'id' | 'type' | 'data' | 'headers' | 'time' | 'key' | 'failure'> & {
  /**
   * The payload as received.
   * @default the body of the request
   */
  readonly raw?: Incoming['raw'];
};

/** What can be sent only once: a digest of what was signed, the same for every copy of the request. */
export interface Proof {
  readonly text: string;
  /** How long a copy might pass for fresh, in milliseconds: twice the tolerance. */
  readonly milliseconds: number;
}

/** It will never be taken as it is. The code is all that the sender is told. */
export interface WebhookRefusal {
  readonly status: number;
  /** Of the package's own making, such as `signature`; never anything out of the request. */
  readonly code: string;
}

export type WebhookVerdict =
  /** All of these are acknowledged together, or none. */
  | { readonly events: readonly WebhookEvent[]; readonly proof?: Proof | undefined }
  | { readonly refusal: WebhookRefusal }
  /** Genuine, and no event: part of the sender's protocol. */
  | { readonly reply: ListenerReply };

/** What a verifier has of the source around it. */
export interface WebhookContext {
  readonly clock: Clock;
  readonly log: Logger;
  readonly gap: (gap: Gap) => void;
}

/** Who sends, and how it proves that it does. Raw bytes and headers in, accepted events or a refusal out. */
export interface WebhookVerifier {
  /** Such as `standard-webhooks`. */
  readonly scheme: string;
  /** Whether the sender waits before it sends again as long as `Retry-After` says, or at least not much less. */
  readonly redelivery: 'delayed' | 'immediate';
  /** Whether the request is of this kind, by its headers alone. Where several verifiers share a path, the first that says so has the last word. */
  recognises(head: WebhookHead): boolean;
  /** Whether it is worth reading the body: anything but undefined is said without it. */
  refuses(head: WebhookHead): WebhookRefusal | undefined;
  /** Rejects when it can't be told now; the sender is asked to come again. */
  verify(request: WebhookRequest, context: WebhookContext): Promise<WebhookVerdict>;
  /** Answers an OPTIONS request; without it there is no such method. */
  handshake?(head: WebhookHead): ListenerReply;
}

export function refused(status: number, code: string): { readonly refusal: WebhookRefusal } {
  return { refusal: { status, code } };
}

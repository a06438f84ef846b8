import type { OutgoingReply, OutgoingRequest } from '../outgoing/outgoing.ts';

/** Something that is asked of a broadcaster, of whichever answers first. */
export interface Call<T> {
  /** Such as `/v1/notify`. */
  readonly path: string;
  /** Made anew for each try: a proof is good for one. */
  readonly request: () => Promise<Pick<OutgoingRequest, 'headers' | 'body'>>;
  /**
   * What a reply with status 200 or one of `accepted` says. Rejects with PUBSUB_MALFORMED or PUBSUB_FORGED when it is not a
   * reply to this; the call counts as ambiguous then.
   */
  readonly read: (reply: OutgoingReply) => Promise<T>;
  /** Statuses beside 200 that are success. */
  readonly accepted?: readonly number[];
  /** Whether to ask again when a broadcaster may have done it already. `harmless`: it makes no difference if it has. */
  readonly repetition: 'harmless' | 'allowed' | 'never';
}

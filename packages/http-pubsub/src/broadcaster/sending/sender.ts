import type { Clock } from '@millrace/core';
import type { Outgoing } from '../../outgoing/outgoing.ts';
import type { Access, Identity } from '../access/clients.ts';
import type { Outcome } from './outcome.ts';
import { failed } from './outcome.ts';

/** What sending takes, and what an answer to it is worth. */
export interface Sender {
  readonly outgoing: Outgoing;
  readonly access: Access;
  readonly clock: Clock;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Milliseconds that a subscriber gets. */
  readonly timeout: number;
  /** Headers of all that is sent: who sends, to those who were asked whether that one may. */
  readonly headers: Readonly<Record<string, string>>;
  /** That a subscriber wants to hear no more is not signed by anybody: it counts where nobody else could have said it. */
  unsubscribed(url: string): Outcome;
  confirmed(url: string, subscribers: number, identity: Identity): Outcome;
}

export interface SenderOptions extends Pick<
  Sender,
  'outgoing' | 'access' | 'clock' | 'randomBytes' | 'timeout' | 'headers'
> {
  readonly trustUnsubscribe: boolean;
}

export function createSender({ trustUnsubscribe, ...parts }: SenderOptions): Sender {
  return {
    ...parts,
    unsubscribed(url) {
      if (trustUnsubscribe || URL.parse(url)?.protocol === 'https:') return { kind: 'unsubscribe' };
      return failed('It wants to be unsubscribed, which anybody could have said.');
    },
    confirmed(url, subscribers, { verdict, client }) {
      if (verdict === 'unavailable') return failed('Its confirmation can not be verified now.');
      if (verdict !== 'accepted') return failed('Its confirmation is not authentic.');
      if (!parts.access.speaksFor(client, url)) return failed('Somebody else confirmed it.');
      return { kind: 'confirmed', subscribers };
    },
  };
}

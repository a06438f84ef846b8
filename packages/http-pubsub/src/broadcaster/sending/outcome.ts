/** What became of telling a subscriber something. */
export type Outcome =
  /** It said so, and proved it. */
  | { readonly kind: 'confirmed'; readonly subscribers: number }
  /** It wants to hear no more of it. */
  | { readonly kind: 'unsubscribe' }
  /** The URL is gone for good. */
  | { readonly kind: 'gone' }
  | Failure;

export interface Failure {
  readonly kind: 'failed';
  /** In words, without URLs, topics or what a peer sent. */
  readonly failure: string;
  /** Milliseconds that it asked to be left alone. */
  readonly retryAfter: number | undefined;
  /** Trying again is in vain. */
  readonly permanent: boolean;
  /** Nothing came back in time. */
  readonly slow: boolean;
}

export function failed(failure: string, more: Partial<Omit<Failure, 'kind' | 'failure'>> = {}): Failure {
  return { kind: 'failed', failure, retryAfter: undefined, permanent: false, slow: false, ...more };
}

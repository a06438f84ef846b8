/** How a broadcaster is. */
export interface BroadcasterHealth {
  /** `failing`: the store can't be reached, so that nothing can be published. */
  readonly status: 'ok' | 'failing' | 'stopping';
  readonly store: boolean;
}

import type { Clock } from '@millrace/core';

/** The server's time, as its replies tell, for comparing with the dates of events. */
export interface ServerClock {
  /** In milliseconds since 1970; never ahead of the server by more than it has been since the last reply. */
  now(): number;
  /** Looks at the replies to this `fetch`. */
  listenTo(own: typeof fetch): typeof fetch;
}

export function createServerClock(clock: Clock): ServerClock {
  let ahead = 0;
  return {
    now: () => clock.now() + ahead,
    listenTo: (own) => async (input, init) => {
      const response = await own(input, init);
      const date = Date.parse(response.headers.get('date') ?? '');
      // Cut to the second, and older than now by the way back: it errs to the early side, which loses nothing.
      if (!Number.isNaN(date)) ahead = date - clock.now();
      return response;
    },
  };
}

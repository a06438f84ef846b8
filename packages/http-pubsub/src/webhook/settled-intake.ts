import type { Clock, Incoming } from '@millrace/core';
import type { Answer, Inbox } from '../receive/inbox.ts';
import type { Intake, Taken } from './intake.ts';
import { toSeconds } from './replies.ts';

export interface SettledIntakeOptions {
  readonly inbox: Inbox;
  /** Events that may be inside: those that core has room for, and those that wait. */
  readonly most: number;
  /** Milliseconds that a sender is kept waiting. */
  readonly handlerTimeout: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** After each event that came in. */
  readonly fetched: () => void;
}

/** Seconds to wait where nobody has said how long. */
const soon = 1;
const whenSlow = 5;

/** A request is answered when core has settled its events. */
export function settledIntake(options: SettledIntakeOptions): Intake {
  const { inbox, clock } = options;
  /** Events that a sender waits for. Those that nobody waits for any more core has places for. */
  let awaited = 0;
  /** Events beyond what there is room for go in as those before them are settled. */
  async function offerAll(events: readonly Incoming[], deadline: AbortSignal): Promise<readonly Answer[]> {
    const answers: Promise<Answer>[] = [];
    const open = new Set<Promise<unknown>>();
    const late = whenAborted(deadline);
    for (const event of events) {
      let offered = inbox.offer(event, deadline);
      while (offered === undefined && open.size > 0 && !deadline.aborted) {
        await Promise.race([...open, late]);
        offered = inbox.offer(event, deadline);
      }
      // One that has no room makes the request come again, and with it those that have not been offered.
      if (offered === undefined) {
        answers.push(Promise.resolve({ outcome: 'release' }));
        break;
      }
      const answer = offered;
      answers.push(answer);
      const left = answer.then(() => void open.delete(left));
      open.add(left);
    }
    return await Promise.all(answers);
  }

  return {
    get hasRoom() {
      return awaited < options.most;
    },
    get pending() {
      return inbox.pending;
    },

    async take(events, late) {
      const deadline = new AbortController();
      const cancel = clock.setTimeout(() => deadline.abort(), options.handlerTimeout);
      options.fetched();
      awaited += events.length;
      const answered = offerAll(events, deadline.signal).finally(cancel);
      const answers = await Promise.race([answered, whenAborted(deadline.signal)]);
      awaited -= events.length;
      if (answers) return takenBy(answers);
      void answered.then((those) => late(takenBy(those).state === 'settled'));
      return { state: 'later', code: 'slow', seconds: whenSlow };
    },
    receive: (demand) => inbox.receive(demand, options.signal),
    settle: async (settlements) => inbox.settle(settlements),
    letGo: inbox.letGo,
    close: () => inbox.close(),
  };
}

function takenBy(answers: readonly Answer[]): Taken {
  const open = answers.filter(({ outcome }) => outcome === 'retry' || outcome === 'release');
  if (open.length === 0) return { state: 'settled' };
  const delays = open.map((answer) => (answer.outcome === 'retry' ? toSeconds(answer.delay) : soon));
  const retried = open.some(({ outcome }) => outcome === 'retry');
  return { state: 'later', code: retried ? 'failed' : 'busy', seconds: Math.max(...delays) };
}

async function whenAborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

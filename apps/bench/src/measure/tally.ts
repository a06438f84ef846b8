/** Counts what became of each message, numbered from 0: a contender that loses or repeats one has no result. */
export interface Tally {
  handled(number: number): void;
  settled(number: number): void;
  /** Resolves when as many were settled as there are messages; rejects when nothing is settled any more. */
  readonly complete: Promise<void>;
  /** Makes `complete` reject now. */
  fail(cause: unknown): void;
  /** Throws when a message was not handled and settled exactly once. */
  check(): void;
}

/** Milliseconds without a settlement after which the rest counts as lost. */
const defaultPatience = 30_000;

export function createTally(messages: number, patience = defaultPatience): Tally {
  const handlings = new Uint8Array(messages);
  const settlements = new Uint8Array(messages);
  const complete = Promise.withResolvers<void>();
  let open = messages;
  let openBefore = messages;
  const watchdog = setInterval(() => {
    if (open === openBefore) fail('Nothing happens any more.');
    openBefore = open;
  }, patience);

  function fail(cause: unknown): void {
    clearInterval(watchdog);
    complete.reject(new Error(`${open} of ${messages} messages were not settled.`, { cause }));
  }

  return {
    handled(number) {
      handlings[number] = (handlings[number] ?? 0) + 1;
    },
    settled(number) {
      settlements[number] = (settlements[number] ?? 0) + 1;
      open -= 1;
      if (open > 0) return;
      clearInterval(watchdog);
      complete.resolve();
    },
    complete: complete.promise,
    fail,
    check() {
      assertOnceEach('handled', handlings);
      assertOnceEach('settled', settlements);
    },
  };
}

function assertOnceEach(what: string, counts: Uint8Array): void {
  const never = counts.filter((count) => count === 0).length;
  const again = counts.filter((count) => count > 1).length;
  if (never + again === 0) return;
  throw new Error(`Of ${counts.length} messages ${never} were never ${what} and ${again} more than once.`);
}

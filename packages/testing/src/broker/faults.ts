/** What can go wrong between a broker and its consumers, on command. */
export interface Faults {
  /** Delivers the next `times` messages twice. */
  duplicate(times?: number): void;
  /** Hands out the next batch backwards. */
  reorder(): void;
  /** From now on, what is published is kept back for so many milliseconds; 0 ends it. */
  delay(milliseconds: number): void;
  /** Breaks the connection of everybody who is connected. */
  drop(error?: Error): void;
  /** Ends the leases of what is handed out, as if their time had run out; of some events only, when ids are given. */
  expireLeases(...ids: readonly string[]): void;
  /** Refuses the next `times` settlements. `final`: as if the messages were no longer the consumer's. */
  refuseSettles(times: number, options?: { readonly final?: boolean }): void;
  /** Neither delivers nor answers nor fails, until `speak`. */
  goSilent(): void;
  speak(): void;
}

/** Those of a broker without leases and settlements. */
export type LogFaults = Omit<Faults, 'expireLeases' | 'refuseSettles'>;

/** The faults that are set, as the broker looks at them. */
export interface SetFaults {
  readonly delay: number;
  readonly silence: Promise<void> | undefined;
  takeDuplicate(): boolean;
  takeReorder(): boolean;
  /** Undefined: accept. */
  takeRefusal(): { readonly final: boolean } | undefined;
}

export interface FaultEffects {
  drop(error: Error): void;
  expireLeases(ids: readonly string[]): void;
  /** What is delivered may have changed. */
  changed(): void;
}

export function createFaults(effects: FaultEffects): { readonly faults: Faults; readonly set: SetFaults } {
  let duplicates = 0;
  let reorders = 0;
  let refusals = { times: 0, final: false };
  let delay = 0;
  let silence: PromiseWithResolvers<void> | undefined;

  const faults: Faults = {
    duplicate(times = 1) {
      duplicates += times;
    },
    reorder() {
      reorders += 1;
    },
    delay(milliseconds) {
      delay = milliseconds;
    },
    drop: (error = new Error('The connection was dropped.')) => effects.drop(error),
    expireLeases: (...ids) => effects.expireLeases(ids),
    refuseSettles(times, { final = false } = {}) {
      refusals = { times, final };
    },
    goSilent() {
      silence ??= Promise.withResolvers();
    },
    speak() {
      silence?.resolve();
      silence = undefined;
      effects.changed();
    },
  };

  const set: SetFaults = {
    get delay() {
      return delay;
    },
    get silence() {
      return silence?.promise;
    },
    takeDuplicate() {
      if (duplicates === 0) return false;
      duplicates -= 1;
      return true;
    },
    takeReorder() {
      if (reorders === 0) return false;
      reorders -= 1;
      return true;
    },
    takeRefusal() {
      if (refusals.times === 0) return undefined;
      refusals = { ...refusals, times: refusals.times - 1 };
      return { final: refusals.final };
    },
  };
  return { faults, set };
}

import type { Logger } from '@millrace/core';
import type { RevocableReplayGuard } from '../wire/auth/replay-guard.ts';
import type { Proof } from './verifier.ts';

/**
 * Keeps copies of a genuine request out, and lets the sender's own second try in. One can't be told from the other by its
 * bytes, so it goes by what became of the first: taken for good, a copy is told so and changes nothing; under way, it is
 * asked to come later; refused for now, or lost in a crash, it is as good as the first.
 */
export interface Admission {
  /** Rejects when the guard can't tell. */
  admit(proof: Proof | undefined): Promise<Admitted>;
}

export type Admitted =
  | { readonly state: 'settled' }
  | { readonly state: 'under-way' }
  | {
      readonly state: 'new';
      /**
       * Never rejects. `settled`: the request need not come again. It may turn out to be settled after it was finished
       * as not.
       */
      finish(settled: boolean): Promise<void>;
    };

export interface AdmissionOptions {
  readonly guard: RevocableReplayGuard;
  /** Sets apart what several consumers and sources keep in the same guard. */
  readonly scope: string;
  /** Milliseconds after which a request that nobody finished, for its process is gone, may come again. */
  readonly lease: number;
  readonly log: Logger;
}

const unproven: Admitted = { state: 'new', finish: async () => {} };

export function createAdmission({ guard, scope, lease, log }: AdmissionOptions): Admission {
  return {
    async admit(proof) {
      if (proof === undefined) return unproven;
      const underWay = `${scope}:under-way:${proof.text}`;
      const settled = `${scope}:settled:${proof.text}`;
      if (!(await guard.remember(underWay, lease))) return { state: 'under-way' };
      // Asked with the other in hand: nobody settles the same meanwhile.
      if (await guard.has(settled)) {
        await guard.forget(underWay);
        return { state: 'settled' };
      }
      let held = true;
      return {
        state: 'new',
        async finish(isSettled) {
          try {
            if (isSettled) await guard.remember(settled, proof.milliseconds);
            // The second time it may be held for another try.
            if (held) await guard.forget(underWay);
            held = false;
          } catch (error) {
            // What was settled is kept from taking effect again by its claim.
            log.warn('The replay guard could not be told what became of a webhook.', { error });
          }
        },
      };
    },
  };
}

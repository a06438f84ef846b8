import type { Refusal } from './refusal.ts';

/** What becomes of a call instead of its answer. */
export type CallFault =
  | { readonly kind: 'refuse'; readonly refusal: Refusal }
  /** Nothing is ever answered. */
  | { readonly kind: 'hang' }
  /** The work is done, and the call then fails: a writer can't know. */
  | { readonly kind: 'lose-answer'; readonly refusal: Refusal }
  /** A stream ends at once with OK, as if all had been said. */
  | { readonly kind: 'end' };

interface Planned {
  readonly method: string;
  readonly fault: CallFault;
  times: number;
}

/** What is to go wrong. */
export interface FaultPlan {
  readonly planned: Planned[];
  /** Milliseconds before each event that is sent. */
  delay: number;
  /** How many of the next events are sent twice. */
  duplicates: number;
}

export function noFaults(): FaultPlan {
  return { planned: [], delay: 0, duplicates: 0 };
}

/** The fault that the next call of a method, such as `Streams.Read`, has to meet. */
export function takeFault({ planned }: FaultPlan, method: string): CallFault | undefined {
  const plan = planned.find((each) => each.method === method && each.times > 0);
  if (!plan) return undefined;
  plan.times -= 1;
  return plan.fault;
}

import type { Refusal } from './refusal.ts';

export type PubSubCall = 'Subscribe' | 'ManagedSubscribe' | 'GetSchema' | 'GetTopic' | 'Publish';

/** Refusals that are to come. */
export interface FaultPlan {
  add(call: PubSubCall, refusal: Refusal, times: number): void;
  take(call: PubSubCall): Refusal | undefined;
}

export function createFaultPlan(onHit: () => void): FaultPlan {
  const planned: { readonly call: PubSubCall; readonly refusal: Refusal; times: number }[] = [];
  return {
    add(call, refusal, times) {
      planned.push({ call, refusal, times });
    },
    take(call) {
      const plan = planned.find((each) => each.call === call && each.times > 0);
      if (!plan) return undefined;
      plan.times -= 1;
      onHit();
      return plan.refusal;
    },
  };
}

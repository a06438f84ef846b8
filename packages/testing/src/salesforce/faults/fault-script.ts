import type { Fault, FaultFor, FaultTarget } from './fault.ts';

export interface FaultRepeat {
  /**
   * How many requests it hits. Infinity: until `clear`.
   * @default 1
   */
  readonly times?: number;
  /** Only messages for this subscription. */
  readonly channel?: string;
}

/** Faults that are to come. Those for the same target come one after another, in the order they were given. */
export interface Faults {
  next<Target extends FaultTarget>(target: Target, fault: FaultFor<Target>, repeat?: FaultRepeat): void;
  /** Forgets those that have not come yet; of one target only, when it is given. */
  clear(target?: FaultTarget): void;
  /** How many are still to come. */
  readonly pending: number;
}

/** One thing that a request is for. */
export interface Aim {
  readonly target: FaultTarget;
  readonly channel?: string;
}

export interface Hit {
  readonly aim: Aim;
  readonly fault: Fault;
}

export interface FaultScript {
  readonly faults: Faults;
  /** The fault for a request, which counts as having hit it. */
  take(aims: readonly Aim[]): Hit | undefined;
  /** Asked when no fault was planned for a request. */
  chance: ((aim: Aim) => Fault | undefined) | undefined;
}

interface Planned {
  readonly target: FaultTarget;
  readonly fault: Fault;
  readonly channel: string | undefined;
  left: number;
}

export function createFaultScript(onHit: () => void): FaultScript {
  let planned: Planned[] = [];

  function plannedFor(aims: readonly Aim[]): Hit | undefined {
    for (const plan of planned) {
      const aim = aims.find(
        ({ target, channel }) =>
          target === plan.target && (plan.channel === undefined || channel === plan.channel),
      );
      if (aim === undefined) continue;
      plan.left -= 1;
      if (plan.left <= 0) planned = planned.filter((other) => other !== plan);
      return { aim, fault: plan.fault };
    }
    return undefined;
  }

  const script: FaultScript = {
    faults: {
      next(target, fault, { times = 1, channel } = {}) {
        planned.push({ target, fault, channel, left: times });
      },
      clear(target) {
        planned = target === undefined ? [] : planned.filter((plan) => plan.target !== target);
      },
      get pending() {
        return planned.reduce((sum, { left }) => sum + left, 0);
      },
    },
    chance: undefined,
    take(aims) {
      const hit = plannedFor(aims) ?? byChance(aims);
      if (hit) onHit();
      return hit;
    },
  };

  function byChance(aims: readonly Aim[]): Hit | undefined {
    for (const aim of aims) {
      const fault = script.chance?.(aim);
      if (fault) return { aim, fault };
    }
    return undefined;
  }
  return script;
}

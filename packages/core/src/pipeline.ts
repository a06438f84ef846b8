import type { ActiveRuns } from './active-runs.ts';
import type { Claims } from './claims.ts';
import type { Clock } from './clock.ts';
import type { Delivery } from './delivery.ts';
import { combine, interrupted, lost, release, reset } from './delivery.ts';
import { diagnose } from './diagnostics.ts';
import type { HandleDependencies } from './handle.ts';
import { handle } from './handle.ts';
import type { Next } from './lanes.ts';
import { createLanes } from './lanes.ts';
import type { Incoming } from './message.ts';
import type { Replayed } from './replayed.ts';
import type { Settler } from './settler.ts';
import type { Capabilities, Demand, Passed, SourceSession } from './source.ts';

export interface PipelineParts extends Omit<HandleDependencies, 'ended'> {
  readonly source: string;
  readonly session: SourceSession;
  readonly capabilities: Capabilities;
  readonly concurrency: number;
  readonly demand: Demand;
  readonly admit: (batch: readonly Incoming[]) => readonly Delivery[];
  /** The broker has passed a position without a message. */
  readonly passed: (passed: Passed) => void;
  readonly replayed: Replayed;
  readonly claims: Claims | undefined;
  readonly activeRuns: ActiveRuns;
  readonly settler: Settler;
  readonly clock: Clock;
}

export interface Pipeline {
  /** Resolves when the session sends nothing more; rejects when the session is broken. */
  readonly received: Promise<void>;
  /** Takes back a delivery whose claim turned out to be lost, where nobody else will deliver it again. */
  reclaim(delivery: Delivery): void;
  /** Drops what was not started of channels that were revoked. */
  drop(): void;
  /** Starts nothing more, and gives back what was not started. */
  close(): void;
  /** Resolves when no handler runs. */
  idle(): Promise<void>;
}

/** A delivery whose claim was lost in place is claimed anew after this. */
const reclaimDelay = 100;

/** The path of a message: receive → admit (route) → claim → lane → handle → settle. */
export function startPipeline(parts: PipelineParts): Pipeline {
  const { session, demand, claims, settler } = parts;
  const lanes = createLanes({ concurrency: parts.concurrency, clock: parts.clock, run, release: giveBack });
  const handling: HandleDependencies = {
    ...parts,
    ended(delivery, it, outcome) {
      it.outcome = outcome;
      proceed(delivery);
    },
  };

  async function receive(): Promise<void> {
    for await (const batch of session.receive(demand)) {
      if ('position' in batch) {
        parts.passed(batch);
        continue;
      }
      diagnose('receive', () => ({ source: parts.source, count: batch.length }));
      const deliveries = parts.admit(batch);
      if (batch.some(isReplayed))
        await parts.replayed.recall(deliveries.filter(({ incoming }) => isReplayed(incoming)));
      if (claims) await claim(claims, deliveries);
      deliveries.forEach(askInTurn);
      const revoked = deliveries.some(isRevoked);
      lanes.add(revoked ? deliveries.filter((delivery) => !isRevoked(delivery)) : deliveries);
      if (revoked) giveBack(deliveries.filter(isRevoked));
    }
  }

  function run(delivery: Delivery): void {
    if (delivery.unclaimed && claims) void claim(claims, [delivery]).then(() => proceed(delivery));
    else proceed(delivery);
  }

  async function claim(from: Claims, deliveries: readonly Delivery[]): Promise<void> {
    await from.claim(deliveries);
    if (parts.capabilities.parks) await parts.replayed.recognise(deliveries);
  }

  /** One handler after another; after the last one it is over. */
  function proceed(delivery: Delivery): void {
    if (!delivery.lost && !delivery.revoked) {
      for (const it of delivery.runs) if (it.outcome === undefined) return handle(delivery, it, handling);
    }
    delivery.outcome = delivery.lost ? lost : (delivery.outcome ?? combine(delivery.runs));
    lanes.ended(delivery, conclude(delivery));
  }

  function conclude(delivery: Delivery): Next {
    if (delivery.revoked) return concludeRevoked(delivery);
    const { outcome, message } = delivery;
    if (outcome?.kind === 'retry') {
      const { delay, where, cause } = outcome;
      diagnose('retry', () => ({ source: parts.source, messageId: message.id, delay, where, cause }));
      if (where === 'in-place') return runAgain(delivery, delay);
    }
    if (outcome?.kind === 'lost' && parts.capabilities.redelivery === 'none') return startOver(delivery);
    settler.add(delivery);
    return outcome?.kind === 'done' || outcome?.kind === 'dead' ? 'advance' : 'stop';
  }

  /** What was done is done, wherever the event comes again. All else begins anew there. */
  function concludeRevoked(delivery: Delivery): Next {
    const { outcome } = delivery;
    if (outcome?.kind !== 'done' && outcome?.kind !== 'dead' && outcome?.kind !== 'lost') {
      delivery.outcome = interrupted;
    }
    settler.add(delivery);
    return 'advance';
  }

  function giveBack(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      delivery.outcome = delivery.lost ? lost : release;
      settler.add(delivery);
    }
  }

  return {
    received: receive(),
    reclaim(delivery) {
      startOver(delivery);
      lanes.add([delivery]);
    },
    drop: () => giveBack(lanes.drop(isRevoked)),
    close() {
      parts.activeRuns.refuse();
      giveBack(lanes.close());
    },
    idle: lanes.idle,
  };
}

const isReplayed = ({ replayed }: Incoming) => replayed === true;
const isRevoked = ({ revoked }: Delivery) => revoked;

/** What was busy on arrival need not be when its turn comes: it does not wait once more, behind others that waited. */
function askInTurn(delivery: Delivery): void {
  if (delivery.laneKey === undefined) return;
  for (const run of delivery.runs) {
    if (run.outcome?.kind !== 'retry' || run.outcome.where !== 'in-place') continue;
    run.outcome = undefined;
    delivery.unclaimed = true;
  }
}

function runAgain(delivery: Delivery, delay: number): number {
  delivery.outcome = undefined;
  delivery.unclaimed = true;
  for (const run of delivery.runs) {
    if (run.outcome?.kind !== 'retry' || run.outcome.where !== 'in-place') continue;
    if (run.outcome.counted) run.retries += 1;
    reset(run);
  }
  return delay;
}

/** Nobody will deliver it again, so it is ours to ask the store what became of it. */
function startOver(delivery: Delivery): number {
  delivery.lost = false;
  delivery.outcome = undefined;
  delivery.unclaimed = true;
  delivery.claimEnds = Infinity;
  for (const run of delivery.runs) {
    run.claim = undefined;
    reset(run);
  }
  return reclaimDelay;
}

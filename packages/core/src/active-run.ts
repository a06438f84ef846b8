import type { InBag } from './bag.ts';
import type { Delivery, Outcome, Run } from './delivery.ts';
import { done, interrupted, lost } from './delivery.ts';
import { isMillraceError, MillraceError } from './errors.ts';
import type { HandlerContext } from './handler-context.ts';
import type { Logger } from './log.ts';
import { withFields } from './log.ts';
import type { IdempotencyStore } from './ports/idempotency-store.ts';

export interface ActiveRunDependencies {
  readonly log: Logger;
  readonly idempotency: IdempotencyStore | undefined;
  readonly retention: number;
  /** Called once for each run. */
  readonly ended: (delivery: Delivery, run: Run, outcome: Outcome) => void;
}

/** A handler at work: its context, and what stops it. */
export class ActiveRun implements HandlerContext, InBag {
  readonly delivery: Delivery;
  readonly run: Run;
  slot = -1;
  readonly attempt: number;
  /** Its own, also when a later run has another. */
  readonly fence: number | undefined;
  /** Monotonic time of the next step against it: abort, then give up on. */
  deadline: number;
  #dependencies: ActiveRunDependencies;
  #controller: AbortController | undefined;
  #abortedFor: MillraceError | undefined;
  #wish: Outcome | undefined;
  #ended = false;

  constructor(delivery: Delivery, run: Run, deadline: number, dependencies: ActiveRunDependencies) {
    this.delivery = delivery;
    delivery.handled = true;
    this.run = run;
    this.attempt = run.attempt + run.retries;
    this.fence = run.claim?.fence;
    this.deadline = deadline;
    this.#dependencies = dependencies;
  }

  get handler(): string {
    return this.run.plan.registration.name;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortedFor) this.#controller.abort(this.#abortedFor);
    }
    return this.#controller.signal;
  }

  get log(): Logger {
    const { message } = this.delivery;
    return withFields(this.#dependencies.log, {
      source: message.source,
      handler: this.handler,
      messageId: message.id,
      type: message.type,
      attempt: this.attempt,
    });
  }

  get redelivered(): boolean {
    return this.attempt > 1 || (this.delivery.incoming.deliveryCount ?? 1) > 1;
  }

  get idempotencyKey(): string {
    return this.run.key;
  }

  get defer(): (milliseconds: number) => void {
    return (milliseconds) => {
      if (!(milliseconds >= 0))
        throw new MillraceError('HANDLER_OPTIONS', `defer() takes milliseconds from 0, not ${milliseconds}.`);
      const { where } = this.run.plan.retry;
      this.#wish = { kind: 'retry', delay: milliseconds, cause: undefined, where, counted: false };
    };
  }

  get reject(): (cause: unknown) => void {
    return (cause) => {
      const reason = cause instanceof Error ? cause : rejected(cause, this.handler);
      this.#wish = { kind: 'dead', reason: 'rejected', cause: reason };
    };
  }

  get commit(): () => void {
    return () => this.delivery.mark?.commit();
  }

  get complete(): (transaction: unknown) => void | Promise<void> {
    return (transaction) => {
      const { idempotency, retention } = this.#dependencies;
      const { claim } = this.run;
      if (this.#ended || this.delivery.lost) {
        throw new MillraceError(
          'LEASE_LOST',
          `Handler "${this.handler}" was given up on; another run may have taken over. Roll back.`,
        );
      }
      if (idempotency?.transactions === undefined || claim === undefined) {
        throw new MillraceError(
          'TRANSACTION_UNSUPPORTED',
          'complete() needs an idempotency store that lives in the database of the effect, such as sqliteStore.',
        );
      }
      this.run.transactional = true;
      try {
        const completing = idempotency.transactions.complete(transaction, claim, { retention });
        return completing?.catch((error: unknown) => this.#completionFailed(error));
      } catch (error) {
        this.#completionFailed(error);
      }
    };
  }

  get abortedFor(): MillraceError | undefined {
    return this.#abortedFor;
  }

  abort(reason: MillraceError): void {
    if (this.#abortedFor) return;
    this.#abortedFor = reason;
    this.#controller?.abort(reason);
  }

  /** The handler did not heed its signal: go on without it. What it still does is no longer heard. */
  giveUp(): void {
    this.run.abandoned = true;
    const timedOut = this.#abortedFor?.code === 'HANDLER_TIMEOUT' && !this.delivery.lost;
    this.#end(timedOut ? this.#failure(this.#abortedFor) : lost);
  }

  /** `decided`: without the handler. */
  returned(decided?: Outcome): void {
    if (this.#ended) return;
    if (this.run.transactional) void this.#returnedFromTransaction();
    else this.#end(decided ?? this.#wish ?? done);
  }

  async #returnedFromTransaction(): Promise<void> {
    const committed = await this.#committed();
    if (committed === 'unknown') return this.#end(lost);
    if (committed === 'yes') return this.#end(this.#wish ?? done);
    this.run.transactional = false;
    const error = new MillraceError(
      'TRANSACTION_NOT_COMMITTED',
      `Handler "${this.handler}" called complete() and returned, but its transaction is not committed.`,
    );
    this.#end(this.#failure(error));
  }

  async threw(error: unknown): Promise<void> {
    if (this.#ended) return;
    const committed = this.run.transactional ? await this.#committed() : undefined;
    if (committed === 'unknown') return this.#end(lost);
    if (committed === 'yes') {
      this.log.warn('The handler failed after its transaction was committed; the event counts as done.', {
        error,
      });
      return this.#end(done);
    }
    this.run.transactional = false;
    if (this.#wish) return this.#end(this.#wish);
    if (this.#abortedFor?.code === 'DRAIN_TIMEOUT') return this.#end(interrupted);
    this.#end(this.#failure(this.#abortedFor ?? error));
  }

  #completionFailed(error: unknown): never {
    if (isMillraceError(error, 'LEASE_LOST')) this.delivery.lost = true;
    throw error;
  }

  #end(outcome: Outcome): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#dependencies.ended(this.delivery, this.run, this.delivery.lost ? lost : outcome);
  }

  #failure(error: unknown): Outcome {
    const { retry } = this.run.plan;
    const cause = error instanceof Error ? error : thrown(error, this.handler);
    if (!retry.retryable(error)) return { kind: 'dead', reason: 'not-retryable', cause };
    if (this.attempt >= retry.attempts) return { kind: 'dead', reason: 'exhausted', cause };
    return { kind: 'retry', delay: retry.delayAfter(this.attempt), cause, where: retry.where, counted: true };
  }

  async #committed(): Promise<'yes' | 'no' | 'unknown'> {
    const { claim } = this.run;
    const transactions = this.#dependencies.idempotency?.transactions;
    if (claim === undefined || transactions === undefined) return 'no';
    try {
      const [isDone] = await transactions.areDone([claim]);
      return isDone ? 'yes' : 'no';
    } catch (error) {
      this.log.error('The store could not tell whether the transaction was committed.', { error });
      return 'unknown';
    }
  }
}

function thrown(value: unknown, handler: string): MillraceError {
  return new MillraceError(
    'HANDLER_FAILED',
    `Handler "${handler}" threw ${value === null ? 'null' : `a ${typeof value}`} instead of an Error.`,
    {
      cause: value,
    },
  );
}

function rejected(cause: unknown, handler: string): MillraceError {
  return new MillraceError('EVENT_REJECTED', `Handler "${handler}" rejected the event.`, { cause });
}

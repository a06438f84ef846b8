import type { StandardSchemaV1 } from '@standard-schema/spec';

import type { ActiveRunDependencies } from './active-run.ts';
import { ActiveRun } from './active-run.ts';
import type { ActiveRuns } from './active-runs.ts';
import type { Clock } from './clock.ts';
import type { Delivery, Outcome, Run } from './delivery.ts';
import { release } from './delivery.ts';
import { tracing } from './diagnostics.ts';
import { MillraceError } from './errors.ts';
import type { Message } from './message.ts';

export interface HandleDependencies extends ActiveRunDependencies {
  readonly clock: Clock;
  readonly activeRuns: ActiveRuns;
}

/** Validates the payload and runs one handler for it. Never throws: whatever happens becomes an outcome, and never at once. */
export function handle(delivery: Delivery, run: Run, dependencies: HandleDependencies): void {
  const { activeRuns, clock } = dependencies;
  const { timeout } = run.plan;
  const deadline = timeout === undefined ? Infinity : clock.monotonic() + timeout;
  const active = new ActiveRun(delivery, run, deadline, dependencies);
  activeRuns.add(active);

  const over = (decided: Outcome | undefined) => {
    activeRuns.remove(active);
    active.returned(decided);
  };
  const failed = (error: unknown) => {
    activeRuns.remove(active);
    return active.threw(error);
  };
  // Most have nothing before them and nobody who watches: an asynchronous function more would be a third of what dispatch costs.
  const isPlain =
    run.plan.registration.options.schema === undefined &&
    activeRuns.accepts &&
    !tracing.handle.hasSubscribers;
  if (isPlain) void call(active).then(() => over(undefined), failed);
  else void invoke(active, activeRuns).then(over, failed);
}

function call(active: ActiveRun): Promise<unknown> {
  try {
    return Promise.resolve(active.run.plan.handle(active.delivery.message, active));
  } catch (error) {
    return thrown(error);
  }
}

async function thrown(error: unknown): Promise<never> {
  throw error;
}

/** Answers the outcome when it is decided without the handler. */
async function invoke(active: ActiveRun, activeRuns: ActiveRuns): Promise<Outcome | undefined> {
  const { plan } = active.run;
  const { schema } = plan.registration.options;
  let { message } = active.delivery;
  if (schema !== undefined) {
    const validated = await validate(message, schema);
    if ('kind' in validated) return validated;
    message = validated;
  }
  if (!activeRuns.accepts) return release;
  await tracing.handle.tracePromise(async () => plan.handle(message, active), {
    source: message.source,
    handler: active.handler,
    message,
    attempt: active.attempt,
  });
  return undefined;
}

async function validate(message: Message, schema: StandardSchemaV1): Promise<Message | Outcome> {
  try {
    const validating = schema['~standard'].validate(message.data);
    const result = validating instanceof Promise ? await validating : validating;
    if (result.issues === undefined) return { ...message, data: result.value };
    // The issues are no cause: they may hold the payload, and causes reach logs.
    return invalid(`The payload of ${message.type} does not fit its schema: ${describe(result.issues)}.`);
  } catch (error) {
    return invalid(`The schema of ${message.type} failed on the payload.`, error);
  }
}

function invalid(problem: string, cause?: unknown): Outcome {
  return { kind: 'dead', reason: 'invalid', cause: new MillraceError('PAYLOAD_INVALID', problem, { cause }) };
}

function describe(issues: readonly StandardSchemaV1.Issue[]): string {
  const shown = issues.slice(0, 5).map(({ message, path }) => {
    const where = path?.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
    return where ? `${where}: ${message}` : message;
  });
  return [
    ...shown,
    ...(issues.length > shown.length ? [`and ${issues.length - shown.length} more`] : []),
  ].join('; ');
}

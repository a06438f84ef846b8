import { MillraceError } from './errors.ts';
import type { Handler } from './handler.ts';
import type { Middleware } from './middleware.ts';
import { withMiddleware } from './middleware.ts';
import { isPattern, matchesPattern } from './pattern.ts';
import type { Registration } from './registry.ts';
import type { RetryOptions } from './retry.ts';
import type { RetryPolicy } from './retry-policy.ts';
import { createRetryPolicy } from './retry-policy.ts';
import type { Source } from './source.ts';

/** One handler made ready for one source. */
export interface HandlerPlan {
  readonly registration: Registration;
  readonly handle: Handler;
  /** Milliseconds; undefined for no bound. */
  readonly timeout: number | undefined;
  readonly retry: RetryPolicy;
}

/** Who handles what on one source, and with which settings. */
export interface SourcePlan {
  route(type: string): readonly HandlerPlan[];
  readonly handlers: readonly HandlerPlan[];
  readonly patterns: readonly string[];
  readonly takesAll: boolean;
}

export interface PlanDefaults {
  readonly middleware: readonly Middleware[];
  readonly retry: RetryOptions;
  readonly timeout: number | false;
  readonly random: () => number;
  /** An idempotency store is there, which counts attempts. */
  readonly countsAttempts: boolean;
}

/** Event names come from outside: a source that sends ever new ones must not grow the cache for ever. */
const routesCached = 10_000;

export function planSource(
  source: Source,
  registrations: readonly Registration[],
  defaults: PlanDefaults,
): SourcePlan {
  const handlers = registrations
    .filter(({ sources }) => sources === undefined || sources.includes(source.name))
    .map((registration) => planHandler(source, registration, defaults));
  const routes = new Map<string, readonly HandlerPlan[]>();

  function resolve(type: string): readonly HandlerPlan[] {
    const named = handlers.filter(({ registration }) =>
      registration.patterns.some((pattern) => matches(pattern, type)),
    );
    return named.length > 0 ? named : handlers.filter(({ registration }) => registration.isDefault);
  }

  return {
    route(type) {
      let route = routes.get(type);
      if (route === undefined) {
        route = resolve(type);
        if (routes.size >= routesCached) routes.clear();
        routes.set(type, route);
      }
      return route;
    },
    handlers,
    patterns: [...new Set(handlers.flatMap(({ registration }) => registration.patterns))],
    takesAll: handlers.some(({ registration }) => registration.isDefault),
  };
}

function matches(pattern: string, type: string): boolean {
  return isPattern(pattern) ? matchesPattern(pattern, type) : pattern === type;
}

function planHandler(source: Source, registration: Registration, defaults: PlanDefaults): HandlerPlan {
  const { options, name } = registration;
  try {
    const retry = createRetryPolicy(
      { ...defaults.retry, ...source.settings.retry, ...options.retry },
      source.capabilities,
      defaults,
    );
    const timeout = options.timeout ?? defaults.timeout;
    const { lease } = source.capabilities;
    const held = retry.where === 'in-place' ? retry.longest + retry.attempts * (timeout || 0) : timeout || 0;
    if (lease !== undefined && held > lease.maximum) {
      throw new MillraceError(
        'RETRY_EXCEEDS_LEASE',
        `It may hold a message for ${held} ms, and the broker leaves it to a consumer for ${lease.maximum} ms at most. Lower "timeout" or the retry schedule, or retry by the broker.`,
      );
    }
    return {
      registration,
      handle: withMiddleware(registration.handle, [...defaults.middleware, ...(options.middleware ?? [])]),
      timeout: timeout === false ? undefined : timeout,
      retry,
    };
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    throw new MillraceError(error.code, `Handler "${name}" on source "${source.name}": ${error.message}`, {
      cause: error,
    });
  }
}

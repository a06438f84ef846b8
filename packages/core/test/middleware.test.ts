import { describe, expect, test } from 'vitest';

import type { Handler } from '../src/handler.ts';
import type { HandlerContext } from '../src/handler-context.ts';
import type { Message } from '../src/message.ts';
import type { Middleware } from '../src/middleware.ts';
import { withMiddleware } from '../src/middleware.ts';
import { refusal } from './support/refusal.ts';

const message = { id: 'm1' } as Message;
const context = { attempt: 1 } as HandlerContext;

/** The run of a handler with middleware around it, as a promise whatever it throws. */
const run = async (handler: Handler, ...middleware: readonly Middleware[]): Promise<void> =>
  withMiddleware(handler, middleware)(message, context);

/** A turn of the event loop, in which all that follows from promises runs. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A handler that goes on until it is told to end. */
function heldHandler() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { handler: () => promise, finish: resolve, fail: reject };
}

/** Fills in what becomes of a run. */
function outcomeOf(running: Promise<void>): { over: boolean; error?: unknown } {
  const outcome: { over: boolean; error?: unknown } = { over: false };
  running.then(
    () => Object.assign(outcome, { over: true }),
    (error: unknown) => Object.assign(outcome, { over: true, error }),
  );
  return outcome;
}

const failure = new Error('the handler failed');
const failing: Handler = async () => {
  await turn();
  throw failure;
};

test('runs in order, the first outermost, around the handler', async () => {
  const steps: string[] = [];
  const layer =
    (name: string): Middleware =>
    async (_message, _context, next) => {
      await turn();
      steps.push(`${name} in`);
      await next();
      steps.push(`${name} out`);
    };
  await run(() => void steps.push('handler'), layer('first'), layer('second'), layer('third'));
  expect(steps).toEqual([
    'first in',
    'second in',
    'third in',
    'handler',
    'third out',
    'second out',
    'first out',
  ]);
});

test('gets what the handler gets', async () => {
  const seen: unknown[] = [];
  const look: Middleware = (...[it, its, next]) => {
    seen.push(it, its);
    return next();
  };
  await run((it, its) => void seen.push(it, its), look);
  expect(seen).toEqual([message, context, message, context]);
});

test('none of it leaves the handler as it is', () => {
  expect(withMiddleware(failing, [])).toBe(failing);
});

test('one composition serves many runs at the same time', async () => {
  let handled = 0;
  const composed = withMiddleware(() => void (handled += 1), [(_message, _context, next) => next()]);
  await Promise.all([composed(message, context), composed(message, context)]);
  await composed(message, context);
  expect(handled).toBe(3);
});

test('that does not call next keeps the handler from running, and the run succeeds', async () => {
  let handled = false;
  await run(
    () => void (handled = true),
    () => {},
  );
  expect(handled).toBe(false);
});

describe('a throw', () => {
  test('of its own fails the run, before the handler and after it', async () => {
    const own = new Error('of the middleware');
    let handled = 0;
    const handler = () => void (handled += 1);
    const before = () => {
      throw own;
    };
    const after: Middleware = async (_message, _context, next) => {
      await next();
      throw own;
    };
    await expect(run(handler, before)).rejects.toBe(own);
    expect(handled).toBe(0);
    await expect(run(handler, after)).rejects.toBe(own);
    expect(handled).toBe(1);
  });

  test('of the handler comes through each layer', async () => {
    const seen: unknown[] = [];
    const look: Middleware = (_message, _context, next) =>
      next().catch((error: unknown) => {
        seen.push(error);
        throw error;
      });
    await expect(run(failing, look, look)).rejects.toBe(failure);
    await expect(
      run(() => {
        throw failure;
      }, look),
    ).rejects.toBe(failure);
    expect(seen).toEqual([failure, failure, failure]);
  });

  test('of the handler may be caught, and the run succeeds', async () => {
    await expect(run(failing, (_message, _context, next) => next().catch(() => {}))).resolves.toBeUndefined();
  });
});

describe('next', () => {
  const misused = refusal('HANDLER_FAILED', /called next\(\) twice, or after it had ended/);

  test('twice fails the run, and the handler runs once', async () => {
    let handled = 0;
    const twice: Middleware = async (_message, _context, next) => {
      await next();
      await next();
    };
    await expect(run(() => void (handled += 1), twice)).rejects.toEqual(misused);
    expect(handled).toBe(1);
  });

  test('twice at once fails the run, after the handler has ended', async () => {
    const { handler, finish } = heldHandler();
    const outcome = outcomeOf(
      run(handler, (_message, _context, next) => {
        void next();
        return next();
      }),
    );
    await turn();
    expect(outcome.over).toBe(false);
    finish();
    await turn();
    expect(outcome).toEqual({ over: true, error: misused });
  });

  test('after the middleware has ended is refused, and the handler does not run', async () => {
    let handled = false;
    let late: (() => Promise<void>) | undefined;
    await run(
      () => void (handled = true),
      (_message, _context, next) => {
        late = next;
      },
    );
    expect(() => late?.()).toThrow(misused);
    expect(handled).toBe(false);
  });

  test('not waited for: the run is over when the handler is', async () => {
    const { handler, finish } = heldHandler();
    const outcome = outcomeOf(run(handler, (_message, _context, next) => void next()));
    await turn();
    expect(outcome.over).toBe(false);
    finish();
    await turn();
    expect(outcome).toEqual({ over: true });
  });

  test('not waited for: the run fails when the handler does', async () => {
    const { handler, fail } = heldHandler();
    const outcome = outcomeOf(run(handler, (_message, _context, next) => void next()));
    await turn();
    fail(failure);
    await turn();
    expect(outcome).toEqual({ over: true, error: failure });
  });
});

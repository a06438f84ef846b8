import { MillraceError } from './errors.ts';
import type { Handler } from './handler.ts';
import type { HandlerContext } from './handler-context.ts';
import type { Message } from './message.ts';

/**
 * Runs around a handler, after the payload was validated. Middleware listed first is outermost; `next` may be
 * called once, and before the middleware ends. A throw, its own or one that `next` rejects with and it lets pass,
 * fails the run. Without a call of `next` the handler does not run, and the event counts as handled.
 */
export type Middleware = (
  message: Message,
  context: HandlerContext,
  next: () => Promise<void>,
) => void | Promise<void>;

/** The handler with its middleware around it, composed once. */
export function withMiddleware(handler: Handler, middleware: readonly Middleware[]): Handler {
  return middleware.reduceRight(around, handler);
}

function around(inner: Handler, layer: Middleware): Handler {
  return async (message, context) => {
    const state: { mayCall: boolean; underWay?: Promise<void> | undefined } = { mayCall: true };

    function next(): Promise<void> {
      if (!state.mayCall) throw misuse();
      state.mayCall = false;
      state.underWay = run(inner, message, context).finally(() => {
        state.underWay = undefined;
      });
      return state.underWay;
    }

    try {
      await layer(message, context, next);
    } finally {
      state.mayCall = false;
      // A middleware that did not wait: the run is not over before its handler is, and fails with it.
      await state.underWay;
    }
  };
}

async function run(handler: Handler, message: Message, context: HandlerContext): Promise<void> {
  await handler(message, context);
}

function misuse(): MillraceError {
  return new MillraceError(
    'HANDLER_FAILED',
    'A middleware called next() twice, or after it had ended. Call it once, and wait for it.',
  );
}

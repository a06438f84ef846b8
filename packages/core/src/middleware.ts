import type { Handler } from './handler.ts';
import type { HandlerContext } from './handler-context.ts';
import type { Message } from './message.ts';

/**
 * Runs around a handler, after the payload was validated. Middleware listed first is outermost; `next` may be
 * called once. A throw, its own or one that `next` rejects with and it lets pass, fails the run.
 */
export type Middleware = (
  message: Message,
  context: HandlerContext,
  next: () => Promise<void>,
) => void | Promise<void>;

/** The handler with its middleware around it, composed once. */
export function withMiddleware(handler: Handler, middleware: readonly Middleware[]): Handler {
  return middleware.reduceRight<Handler>(
    (inner, layer) => (message, context) => {
      let called = false;
      return layer(message, context, async () => {
        if (called) throw new TypeError('A middleware called next() twice.');
        called = true;
        await inner(message, context);
      });
    },
    handler,
  );
}

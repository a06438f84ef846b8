import type { HandshakeOptions } from '../handshake/answer.ts';
import { answerHandshake, isAllowed } from '../handshake/answer.ts';
import { originHeader } from '../handshake/refusal.ts';
import type { Route } from '../listener/route.ts';

/** Beside each route the answer to who asks whether it may call it; and those who say that they are somebody else may not. */
export function withHandshake(
  routes: readonly Route[],
  handshake: HandshakeOptions | undefined,
): readonly Route[] {
  if (handshake === undefined) return routes;
  return routes.flatMap((route) => [
    {
      ...route,
      async handle(request) {
        const origin = request.headers[originHeader];
        if (origin !== undefined && !isAllowed(origin, handshake.allowedOrigins)) return { status: 403 };
        return await route.handle(request);
      },
    },
    {
      method: 'OPTIONS',
      path: route.path,
      maxBody: 1,
      handle: async (request) => answerHandshake(request, handshake),
    },
  ]);
}

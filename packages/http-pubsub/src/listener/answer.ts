import type { Logger } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import type { HttpPubsubErrorCode } from '../errors.ts';
import type { ListenerReply, ListenerRequest, Route } from './route.ts';

/** Errors that are the client's, and how they are said. */
const statuses: Readonly<Partial<Record<HttpPubsubErrorCode, number>>> = {
  PUBSUB_MALFORMED: 400,
  PUBSUB_BODY_TIMEOUT: 408,
  PUBSUB_BODY_LIMIT: 413,
};

/** Never rejects. */
export async function answer(route: Route, request: ListenerRequest, log: Logger): Promise<ListenerReply> {
  try {
    return await route.handle(request);
  } catch (error) {
    const status = isMillraceError(error) ? statuses[error.code as HttpPubsubErrorCode] : undefined;
    if (status !== undefined) return { status };
    if (!request.signal.aborted) log.error('A request could not be answered.', { path: route.path, error });
    return { status: 500 };
  }
}
